#!/bin/bash
# Installs what is missing: system packages, third-party libraries, data, Python environment
#
#   --native-only   leave out the Python environment
#   --verify        read every file in the cache and make again what is damaged
#
# Every download has a pinned version and SHA-256. What is there is not fetched again, what was interrupted
# goes on, what was cut is made again. Needs root only when Debian packages are missing;
# LAKEHOUSE_SKIP_APT=1 leaves them to you.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
say "set-up (cache: $DEPS)"
[[ -n ${LAKEHOUSE_SKIP_APT:-} ]] || "$ROOT/tools/setup/apt.sh"
exec /usr/bin/python3 -B "$ROOT/tools/setup/setup.py" --deps "$DEPS" "$@"
