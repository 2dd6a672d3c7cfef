#!/bin/bash
# Runs the storage engine on a simulated disk with faults, and judges what came of it
#
#   SEEDS      how many runs, of seeds 1 to SEEDS (default 20000)
#   --first F  begin with seed F
#   --seed S   only this one, with its trace: what a fault says
#
# What is simulated and checked: tests/sim/README.md.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
"$ROOT/tools/dev/build.sh" sim
exec "$ROOT/build/release/bin/sim" "$@" --jobs "$JOBS"
