#!/bin/bash
# Builds the wheel of the Python package in dist/
#
#   --check   installs it into a fresh environment and runs the documented examples there
#
# The wheel brings every library it needs; its platform tag says the oldest glibc that it runs on.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
"$ROOT/tools/dev/build.sh" _core lakehouse
say "wheel"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$ROOT/dist"
PATH="$VENV/bin:$PATH"
run_logged "pack" python -m pip wheel -q --no-build-isolation --no-deps -w "$work/raw" "$ROOT"
run_logged "bring libraries of the system" auditwheel repair -w "$ROOT/dist" "$work"/raw/*.whl
wheel=$(echo "$ROOT"/dist/*.whl)
# The module in the build folder was linked for the wheel: it would not find its libraries here.
"$ROOT/tools/dev/build.sh" _core
say "  dist/${wheel##*/} ($(($(stat -c %s "$wheel") / 1000000)) MB)"
[[ ${1:-} == --check ]] || exit 0

install() {
  /usr/bin/python3 -m venv "$work/fresh"
  # The examples of the guide use these beside the package.
  grep -E '^(deltalake|duckdb)==' "$ROOT/requirements-test.txt" >"$work/more.txt"
  "$work/fresh/bin/python" -m pip install -q --disable-pip-version-check "$wheel" \
    -r "$ROOT/requirements.txt" -r "$work/more.txt"
}
run_logged "install into a fresh environment" install
cd "$work"
run_logged "the program runs" "$work/fresh/bin/lakehouse" version
export LAKEHOUSE_TEST_PYTHON="$work/fresh/bin/python"
run_logged "the examples run" python -m pytest -q -p no:cacheprovider --rootdir "$ROOT/tests" \
  "$ROOT/tests/python/test_docs.py" "$ROOT/tests/python/test_seed_examples.py" \
  "$ROOT/tests/python/test_import_orders.py"
