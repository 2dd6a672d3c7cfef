#!/bin/bash
# Formats C++ (clang-format) and Python (black, isort) in place
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"
git ls-files -co --exclude-standard '*.cc' '*.h' | xargs -r clang-format-19 -i
"$VENV/bin/isort" -q "${PYTHON_FOLDERS[@]}"
"$VENV/bin/black" -q "${PYTHON_FOLDERS[@]}"
