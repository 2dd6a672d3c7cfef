#!/bin/bash
# Runs the main job on real flights: ingest, refine, query, travel in time
#
#   --data-root DIR   directory of the tables (default: lakehouse-data in the checkout)
#   --quiet           print the summary only
#   --no-build        use the program as it is built
#
# Sets up and builds what is missing first. A second run loads nothing twice and says so. The example itself is
# in examples/flights.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
build=yes
quiet=""
arguments=()
for argument in "$@"; do
  case "$argument" in
    --no-build) build="" ;;
    --quiet) quiet=yes && arguments+=("$argument") ;;
    *) arguments+=("$argument") ;;
  esac
done
# This part is a shell script because a fresh machine has no Python.
if [[ -n $build && -n $quiet ]]; then
  run_logged "set-up and build" "$ROOT/tools/dev/build.sh" >/dev/null
elif [[ -n $build ]]; then
  "$ROOT/tools/dev/build.sh"
fi
exec /usr/bin/python3 -B "$ROOT/tools/demo/demo.py" "${arguments[@]}"
