#!/bin/bash
# Removes what was built here (the shared cache of downloads stays)
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
rm -rf "${ROOT:?}/build" "$ROOT/dist"
say "removed build/ and dist/; downloads stay in $DEPS"
