#!/bin/bash
# Installs what is missing: system packages, third-party libraries, data, Python environment
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
say "set-up (cache: $DEPS)"
[[ -n ${LAKEHOUSE_SKIP_APT:-} ]] || "$ROOT/tools/setup/apt.sh"
exec /usr/bin/python3 -B "$ROOT/tools/setup/setup.py" --deps "$DEPS" "$@"
