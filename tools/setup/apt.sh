#!/bin/bash
# Installs the Debian packages of apt-packages.txt that are missing. Prints one line.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../dev/lib.sh"

missing_packages() {
  local wanted installed
  wanted=$(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$ROOT/tools/setup/apt-packages.txt" | sort -u)
  # shellcheck disable=SC2086
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $wanted 2>/dev/null |
    sed -n 's/ installed$//p' | sort -u)
  comm -23 <(echo "$wanted") <(echo "$installed") | tr '\n' ' '
}

# A fresh PostgreSQL package would start a cluster on port 5432; the tests start their own.
forbid_main_cluster() {
  local file=/etc/postgresql-common/createcluster.conf
  if [[ -e $file ]] || command -v pg_lsclusters >/dev/null; then return 0; fi
  mkdir -p "$(dirname "$file")"
  echo 'create_main_cluster = false' >"$file"
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  local options=(-y -qq --no-install-recommends -o Dpkg::Options::=--force-confold
    -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
  # An earlier run may have been interrupted in the middle of a package.
  dpkg --configure -a
  apt-get update -qq
  apt-get install "${options[@]}" "$@"
}

begin=$(now_ms)
command -v dpkg-query >/dev/null ||
  fail "set-up knows Debian 12 only (dpkg-query is missing). Install the libraries of" \
    "tools/setup/apt-packages.txt yourself and set LAKEHOUSE_SKIP_APT=1."
read -r -a missing <<<"$(missing_packages)"
if [[ ${#missing[@]} -eq 0 ]]; then
  step_line "system packages" "up to date" $(($(now_ms) - begin))
  exit 0
fi
if [[ $(id -u) -ne 0 ]]; then
  fail "${#missing[@]} system packages are missing and need root. Run this once, then ./dev again:
    sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}"
fi
say "  system packages: installing ${#missing[@]} (about 2 minutes)"
forbid_main_cluster
run_logged "system packages" install_packages "${missing[@]}" ||
  fail "apt-get could not install: ${missing[*]}
    Check the network and the package sources, then run ./dev setup again; it goes on from here."
