#!/bin/bash
# Checks format, layers, sizes, error pages, text, and the Python package (ruff, mypy)
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"
"$ROOT/tools/dev/setup.sh"
say "lint"
format() { git ls-files '*.cc' '*.h' | xargs -r clang-format-19 --dry-run --Werror; }
run_logged "clang-format" format
run_logged "layers, sizes, folders" /usr/bin/python3 -B tools/check_layers.py
run_logged "error codes" /usr/bin/python3 -B tools/check_errors.py
run_logged "text" /usr/bin/python3 -B tools/check_text.py
run_logged "reference pages" /usr/bin/python3 -B tools/check_reference.py
run_logged "ruff" "$VENV/bin/ruff" check "${PYTHON_FOLDERS[@]}"
run_logged "black" "$VENV/bin/black" --check -q "${PYTHON_FOLDERS[@]}"
run_logged "isort" "$VENV/bin/isort" --check -q "${PYTHON_FOLDERS[@]}"
run_logged "flake8" "$VENV/bin/flake8" data_lakehouse
run_logged "mypy" "$VENV/bin/mypy" data_lakehouse tests/python
