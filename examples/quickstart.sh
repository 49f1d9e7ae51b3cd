#!/usr/bin/env bash
# Installs packages, builds Sluice, compiles examples/quickstart.json, trains it on real text and prints a sample.
# DATA=FILE trains on another text; the default is the King James Bible of Debian's package bible-kjv.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=()
[ -n "${DATA:-}" ] || packages=(bible-kjv)
test/setup.sh "${packages[@]}"

out=build/quickstart
mkdir -p "$out"
data=${DATA:-$out/bible.txt}
[ -n "${DATA:-}" ] || bible -f gen1:1-rev22:21 >"$data"

build/bin/sluicec examples/quickstart.json -o "$out/train"
"$out/train" train --data="$data" --checkpoint-dir="$out/checkpoint" --overwrite
echo "a sample:"
"$out/train" generate --resume="$out/checkpoint" --prompt="And the LORD said" --tokens=400 --temperature=0.7 --seed=1
echo
