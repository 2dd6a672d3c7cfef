#!/bin/bash
# Runs what must pass before a change lands: lint, all tests, sanitizers, fuzzing, kills, simulation
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
stage lint "$ROOT/tools/dev/lint.sh"
stage test "$ROOT/tools/dev/test.sh"
stage sanitizers "$ROOT/tools/dev/test.sh" --sanitize --part base --part io --part security \
  --part storage
stage fuzz "$ROOT/tools/dev/fuzz.sh" --seed 1 5
stage crash "$ROOT/tools/dev/crash.sh" 300
stage sim "$ROOT/tools/dev/sim.sh" 20000
stage wheel "$ROOT/tools/dev/wheel.sh" --check
stage bench "$ROOT/tools/dev/bench.sh" --no-build --quick
