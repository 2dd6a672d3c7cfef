#!/bin/bash
# Runs every test: ctest, then pytest
#
#   --sanitize   only the C++ tests, under the address and undefined-behaviour sanitizers
#   REGEX        only the C++ tests whose name matches
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
preset=release
if [[ ${1:-} == --sanitize ]]; then
  preset=asan
  shift
fi
"$ROOT/tools/dev/build.sh" --preset "$preset"
export LSAN_OPTIONS="suppressions=$ROOT/tools/dev/leaks.supp" ASAN_OPTIONS="detect_leaks=1"
select=()
[[ $# -gt 0 ]] && select=(-R "$1")
ctest --test-dir "$ROOT/build/$preset" --output-on-failure --no-tests=error -j "$JOBS" \
  --progress "${select[@]}"
[[ $preset == asan || $# -gt 0 ]] && exit 0
cd "$ROOT"
exec "$VENV/bin/python" -m pytest tests/ -v
