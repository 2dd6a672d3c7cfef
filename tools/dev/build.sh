#!/bin/bash
# Builds the program and the Python module
#
#   --preset NAME   release (default), debug, asan or fuzz
#   TARGET...       only these targets
#
# Sets up what is missing first. build/bin is a link to the programs of the last release build.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
preset=release
if [[ ${1:-} == --preset ]]; then
  preset="$2"
  shift 2
fi
"$ROOT/tools/dev/setup.sh"
say "build ($preset)"
# A wheel was built in the same folder; what is built now is for this checkout.
run_logged "configure" cmake --preset "$preset" -S "$ROOT" -U SKBUILD
begin=$(now_ms)
# The progress of a long build belongs on a terminal; elsewhere one line is enough.
if [[ -t 1 ]]; then
  cmake --build "$ROOT/build/$preset" -j "$JOBS" --target "${@:-all}"
else
  run_logged "compile" cmake --build "$ROOT/build/$preset" -j "$JOBS" --target "${@:-all}"
fi
if [[ $preset == release || ($preset == debug && ! -e $ROOT/build/bin) ]]; then
  ln -sfn "$preset/bin" "$ROOT/build/bin"
fi
# The package of this checkout is importable from everywhere in its environment.
for site in "$VENV"/lib/python3*/site-packages; do
  echo "$ROOT" >"$site/data_lakehouse.pth"
done
say "  built in $((($(now_ms) - begin) / 1000)) s: build/$preset/bin"
