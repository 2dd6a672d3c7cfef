#!/bin/bash
# What must pass before a change lands: lint, all tests, storage under sanitizers
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
stage() {
  local name="$1" begin
  shift
  begin=$(now_ms)
  say "== $name"
  "$@" || fail "stage '$name' failed"
  step_line "== $name" passed $(($(now_ms) - begin))
}
sanitized_storage() {
  "$ROOT/tools/dev/build.sh" --preset asan unit_storage unit_io
  export LSAN_OPTIONS="suppressions=$ROOT/tools/dev/leaks.supp"
  ctest --test-dir "$ROOT/build/asan" --output-on-failure --no-tests=error -j "$JOBS" \
    -R '^(storage|io)\.'
}
stage lint "$ROOT/tools/dev/lint.sh"
stage test "$ROOT/tools/dev/test.sh"
stage "storage under sanitizers" sanitized_storage
