#!/usr/bin/env bash
# Copies reference runs (config.json, model.safetensors, tokens.bin, expected.json, ouroboros.json) from a folder into the suite: copy-reference.sh FOLDER
set -euo pipefail
here=$(dirname "$0")
for model in gpt2-a gpt2-b; do
  mkdir -p "$here/$model"
  install -m 644 "$1/$model"/{config.json,model.safetensors,tokens.bin,expected.json} "$here/$model/"
  [[ ! -f $1/$model/ouroboros.json ]] || install -m 644 "$1/$model/ouroboros.json" "$here/$model/"
done
