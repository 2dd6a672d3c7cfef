# shellcheck shell=bash
# What every command of ./dev shares: places, messages, timed steps.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
DEPS="${LAKEHOUSE_DEPS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/lakehouse}"
LOGS="$DEPS/logs"
JOBS="${LAKEHOUSE_BUILD_JOBS:-$(nproc)}"
VENV="$ROOT/.venv"
export ROOT DEPS LOGS JOBS VENV
export LAKEHOUSE_DEPS_DIR="$DEPS"
mkdir -p "$LOGS"

# The Python folders that are there.
PYTHON_FOLDERS=()
for folder in data_lakehouse tests tools; do
  [[ -d $ROOT/$folder ]] && PYTHON_FOLDERS+=("$folder")
done

say() { printf '%s\n' "$*"; }
fail() {
  printf 'dev: %s\n' "$*" >&2
  exit 1
}

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# step_line NAME STATE MILLISECONDS: one line of progress
step_line() { printf '  %-34s %-12s %6d.%01d s\n' "$1" "$2" $(($3 / 1000)) $(($3 % 1000 / 100)); }

# run_logged NAME COMMAND...: runs quietly, prints one line; on failure the end of the log
run_logged() {
  local name="$1" log begin
  shift
  log="$LOGS/$(echo "$name" | tr -c 'a-zA-Z0-9\n' '-').$$.log"
  begin=$(now_ms)
  if "$@" >"$log" 2>&1; then
    step_line "$name" done $(($(now_ms) - begin))
    rm -f "$log"
    return 0
  fi
  step_line "$name" FAILED $(($(now_ms) - begin))
  {
    say "--- last lines of $log"
    tail -n 30 "$log"
    say "---"
  } >&2
  return 1
}
