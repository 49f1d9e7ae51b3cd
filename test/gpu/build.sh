#!/bin/sh
# build.sh [--cases=FILE] [--kernels=FOLDER] [--target=cuda:ARCHITECTURE] OUT: makes the folder OUT, which run.sh checks
# on another machine, with all that it needs there; cases and kernels beside this say what is in it. It runs where
# Sluice is built and needs no card. It takes some minutes.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${SLUICE_BIN:-$root/build/bin}
cases=$root/test/gpu/cases kernels=$root/test/gpu/kernels target=cuda
while [ $# -gt 1 ]; do
  case $1 in
  --cases=*) cases=${1#*=} ;;
  --kernels=*) kernels=${1#*=} ;;
  --target=cuda*) target=${1#*=} ;;
  *)
    echo "build.sh: expected --cases=FILE, --kernels=FOLDER, --target=cuda:ARCHITECTURE or OUT, found '$1'" >&2
    exit 2
    ;;
  esac
  shift
done
if [ $# -ne 1 ] || [ -e "$1" ]; then
  echo "build.sh: expected a folder that does not exist yet, found '${1-}'" >&2
  exit 2
fi
mkdir -p "$1"
out=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Debug information is most of a binary.
strip=$(command -v llvm-strip || command -v llvm-strip-22 || command -v strip)

install_stripped() { # install_stripped FROM TO: a program that must need nothing but the C library
  "$strip" -o "$2" "$1"
  chmod +x "$2"
  others=$(ldd "$2" | grep -v 'linux-vdso\|libc\.so\|libm\.so\|libdl\.so\|libpthread\.so\|librt\.so\|/ld-linux' || true)
  if [ -n "$others" ]; then
    echo "build.sh: $1 needs more than the C library: $others" >&2
    exit 1
  fi
}

# Text, a token a byte, and tokens of a large vocabulary: words of a fixed list of which some are rare.
python3 - "$out" <<'END'
import array, sys
state, words, tokens = 1, [], array.array("H")
for _ in range(40000):
    state = (6364136223846793005 * state + 1442695040888963407) % 2**64
    share = (state >> 40) / 2**24
    words.append(bytes(97 + (int(200 * share**3) * k) % 26 for k in range(1, 3 + state % 5)))
    tokens.append(int(50257 * share**2))
open(sys.argv[1] + "/data.txt", "wb").write(b" ".join(words))
open(sys.argv[1] + "/data.bin", "wb").write(tokens.tobytes())
END

train() { # train STEPS FLAG ...: as run.sh does
  count=$1
  shift
  "$work/host" train --data="$out/$data" --steps="$count" --lr=1e-3 --lr-schedule=constant --warmup=0 \
    --val-fraction=0 --quiet "$@"
}

: >"$out/cases"
# Without -r, so that a line may go on behind a backslash.
# shellcheck disable=SC2162
while read name model steps bar checks flags <&3; do
  case $name in '' | '#'*) continue ;; esac
  echo "$name: $model $flags"
  mkdir "$out/$name"
  data=data.txt
  ! grep -q '"tokenizer": "none"' "$root/$model" || data=data.bin
  echo "$name $steps $bar $data $checks" >>"$out/cases"
  # shellcheck disable=SC2086
  sluicec() { "$bin/sluicec" "$root/$model" $flags "$@" 2>"$work/remarks" || { cat "$work/remarks" >&2 && exit 1; }; }
  sluicec -o "$work/host"
  sluicec --target="$target" -o "$work/train"
  install_stripped "$work/train" "$out/$name/train"
  train "$steps" --log="$out/$name/host.jsonl"
  case ,$checks, in *,host,*) train $((steps / 2)) --checkpoint-dir="$out/$name/checkpoint" ;; esac
  # What torch_step.py has the model of.
  if grep -q '"name": "gpt2"' "$root/$model"; then
    "$work/train" info --json | python3 -c 'import json, sys
sizes = json.load(open(sys.argv[1]))["dimensions"]
facts = json.load(sys.stdin)
names = [f"--{name}={sizes[name]}" for name in ("layers", "heads", "width", "vocabulary")]
print(*names, *(f"--{name}={facts[name]}" for name in ("batch", "sequence", "compute")))' "$root/$model" \
      >"$out/$name/shape"
  fi
done 3<"$cases"

# save_kernels FILE FLAG ...: operands of its functions, and what they become in f64. The emulator runs them once.
save_kernels() {
  LD_LIBRARY_PATH=$bin/../cuda-emulator "$bin/sluice-run" "$@" --target=cuda --against-f64 --save="$out/kernels" \
    >"$work/remarks" 2>&1 || { cat "$work/remarks" >&2 && exit 1; }
  saved=$((saved + $(wc -l <"$work/remarks")))
}
saved=0
mkdir "$out/kernels"
echo "kernels of $kernels"
for file in "$kernels"/*.mlir; do
  [ ! -f "$file" ] || save_kernels "$file"
done
for file in "$kernels"/lowered/*.mlir; do
  [ -f "$file" ] || continue
  "$bin/sluice-opt" "$file" --sluice-cuda-contractions --canonicalize --cse -o "$work/lowered.mlir"
  save_kernels "$work/lowered.mlir" --reference="$file"
done
if [ "$(ls "$out/kernels" | wc -l)" -ne "$saved" ]; then
  echo "build.sh: expected $saved cases of kernels, found $(ls "$out/kernels" | wc -l): some have one name" >&2
  exit 1
fi

mkdir "$out/bin"
for program in sluice-check-kernels sluice-check-tensor-cores; do
  install_stripped "$bin/$program" "$out/bin/$program"
done
cp "$root/test/gpu/run.sh" "$root/test/gpu/torch_step.py" "$out"
size=$(du -sk "$out" | cut -f 1)
most=${SLUICE_GPU_KIB:-65536}
echo "$out: $size KiB"
if [ "$size" -gt "$most" ]; then
  echo "build.sh: expected at most $most KiB, found $size: leave cases out" >&2
  exit 1
fi
