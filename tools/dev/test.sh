#!/bin/bash
# Runs every test: ctest, then pytest
#
#   --sanitize    only the C++ tests, under the address and undefined-behaviour sanitizers
#   --part NAME   only the unit tests of src/NAME, and build no more; may be repeated
#   REGEX         only the C++ tests whose name matches
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
preset=release
parts=()
while [[ ${1:-} == --* ]]; do
  case "$1" in
    --sanitize) preset=asan ;;
    --part)
      parts+=("${2:?--part needs a folder of src}")
      shift
      ;;
    *) fail "test: unknown option $1" ;;
  esac
  shift
done
"$ROOT/tools/dev/build.sh" --preset "$preset" "${parts[@]/#/unit_}"
if [[ $preset == asan ]]; then
  export LSAN_OPTIONS="suppressions=$ROOT/tools/dev/leaks.supp:print_suppressions=0"
  export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
  export UBSAN_OPTIONS="print_stacktrace=1:suppressions=$ROOT/tools/dev/undefined.supp"
fi
select=()
[[ $# -gt 0 ]] && select=(-R "$1")
[[ ${#parts[@]} -gt 0 ]] && select=(-R "^($(IFS='|' && echo "${parts[*]}"))\\.${1:-}")
ctest --test-dir "$ROOT/build/$preset" --output-on-failure --no-tests=error -j "$JOBS" \
  --progress "${select[@]}"
[[ $preset == asan || ${#select[@]} -gt 0 ]] && exit 0
cd "$ROOT"
exec "$VENV/bin/python" -m pytest tests/ -v
