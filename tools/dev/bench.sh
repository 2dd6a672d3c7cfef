#!/bin/bash
# Measures beside the peers: queries, appends, ingestion, snapshots, start-up
#
#   NAME...       only these benchmarks (--list says which there are; without a name, all)
#   --json FILE   also write the figures: a list of {name, ours, peer, unit, better, ratio, ours_rss_mb,
#                 peer_rss_mb}; ratio = ours / peer, better says which direction is
#   --quick       tiny sizes: that everything runs, not how fast
#   --large       only the rows that take long to prepare: 100 million rows, SF10 (merge)
#   --no-build    use the programs as they are built
#
# Both sides work in turns in one run; a figure is the median of several rounds. docs/benchmarks.md explains the
# rows.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
build=yes
arguments=()
for argument in "$@"; do
  case "$argument" in
    --no-build | --list) build="" ;;&
    --no-build) ;;
    *) arguments+=("$argument") ;;
  esac
done
[[ -z $build ]] || "$ROOT/tools/dev/build.sh" lakehouse _core tpch_bench run_once
export PYTHONPATH="$ROOT"
exec "$VENV/bin/python" -B "$ROOT/tests/bench/run.py" "${arguments[@]}"
