#!/usr/bin/env bash
# Installs what Sluice needs on Debian 12 and builds it: `test/setup.sh [EXTRA PACKAGE ...]`. SLUICE_PRESET names the
# preset (default: release).
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
for package in $(cat test/packages.txt) "$@"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  echo "installing: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
fi
preset=${SLUICE_PRESET:-release}
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset"
