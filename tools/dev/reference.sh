#!/bin/bash
# Writes docs/cli.md and docs/configuration.md as the program prints them
#
# Both are made from the program itself; ./dev lint fails when they are not what it prints.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
"$ROOT/tools/dev/build.sh" lakehouse
/usr/bin/python3 -B "$ROOT/tools/check_reference.py" --update
say "docs/cli.md and docs/configuration.md are written"
