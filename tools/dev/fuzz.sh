#!/bin/bash
# Feeds damaged inputs to every parser of outside input
#
#   --seed S  the same inputs in the same order as another run with S (as in CI)
#   SECONDS   how long each target runs (default 60)
#   TARGET    only this one: tests/fuzz/TARGET_fuzz.cc
#
# Sanitizers are on. Inputs that were found interesting are kept in build/fuzz/corpus for the next
# run; an input that breaks something is kept in build/fuzz/artifacts and shown.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
seed=0  # a new one each time
if [[ ${1:-} == --seed ]]; then
  seed="${2:?--seed needs a number}"
  shift 2
fi
seconds="${1:-60}"
[[ $seconds =~ ^[0-9]+$ ]] || fail "fuzz: '$seconds' is no number of seconds"
targets=()
for file in "$ROOT"/tests/fuzz/*_fuzz.cc; do
  name="$(basename "$file" _fuzz.cc)"
  [[ -z ${2:-} || $name == "$2" ]] && targets+=("$name")
done
[[ ${#targets[@]} -gt 0 ]] || fail "fuzz: there is no target '$2' in tests/fuzz"

"$ROOT/tools/dev/build.sh" --preset asan "${targets[@]/%/_fuzz}"
corpus="$ROOT/build/fuzz/corpus"
artifacts="$ROOT/build/fuzz/artifacts"
mkdir -p "$corpus" "$artifacts"
seeds=("$corpus")
[[ -d $ROOT/../shared/conformance ]] && seeds+=("$ROOT/../shared/conformance")
run_logged "fuzz: first inputs" "$VENV/bin/python" -B "$ROOT/tests/fuzz/make_seeds.py" "${seeds[@]}"

# Leaks of the libraries are for the test run; here they would only cost time.
export ASAN_OPTIONS="detect_leaks=0:allocator_may_return_null=1" UBSAN_OPTIONS="print_stacktrace=1"

# fuzz_one NAME: one line with figures; on a finding the report and the input
fuzz_one() {
  local name="$1" log="$LOGS/fuzz-$1.$$.log" found runs rate
  mkdir -p "$corpus/$name" "$artifacts/$name"
  if "$ROOT/build/asan/bin/${name}_fuzz" "$corpus/$name" -seed="$seed" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 -verbosity=1 \
    -artifact_prefix="$artifacts/$name/" >"$log" 2>&1; then
    runs="$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
    rate="$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")"
    found="$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)"
    printf '  %-34s %10d inputs %7d/s %7d edges\n' "fuzz: $name" "$runs" "$rate" "$found"
    rm -f "$log"
    return 0
  fi
  {
    say "--- fuzz: $name found a fault"
    grep -v '^#[0-9]*[[:space:]]*\(NEW\|REDUCE\|pulse\|INITED\)' "$log" | tail -n 60
    for found in "$artifacts/$name"/*; do
      [[ -f $found && $found -nt $corpus ]] || continue
      say "input $found, first bytes:"
      xxd -l 512 "$found" 2>/dev/null || od -A x -t x1z -N 512 "$found"
    done
    say "again: build/asan/bin/${name}_fuzz INPUT"
  } >&2
  return 1
}

# As many at a time as there are cores; every target runs, whatever another one found.
touch "$corpus"
broken="$(mktemp)"
trap 'rm -f "$broken"' EXIT
for name in "${targets[@]}"; do
  while (($(jobs -rp | wc -l) >= JOBS)); do wait -n || true; done
  { fuzz_one "$name" || echo "$name" >>"$broken"; } &
done
wait
[[ ! -s $broken ]] || fail "fuzz: faults in $(tr '\n' ' ' <"$broken")"
say "fuzz: ${#targets[@]} targets, $seconds s each, no fault"
