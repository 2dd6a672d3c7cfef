#!/bin/bash
# Kills the program at random moments and checks that nothing is lost
#
#   N             how many kills (default 300)
#   --seed S      repeats the choices of an earlier run
#   --episode I   only one lake of that run
#
# What is checked: tests/crash/README.md. On a fault the lake stays where the output says.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
kills=300
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
  kills="$1"
  shift
fi
"$ROOT/tools/dev/build.sh" lakehouse
exec "$VENV/bin/python" -B "$ROOT/tests/crash/crash.py" "$ROOT/build/release/bin/lakehouse" \
  "$kills" "$@"
