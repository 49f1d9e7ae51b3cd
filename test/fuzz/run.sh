#!/usr/bin/env bash
# run.sh NAME RUNS [FLAG OF LIBFUZZER ...]: runs build*/bin/fuzz-NAME on that many inputs, changes of its seeds. What it
# learns is kept in a folder of its own, by default a temporary one (FUZZ_CORPUS); what it finds, in the current folder.
set -euo pipefail
name=$1
runs=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
corpus=${FUZZ_CORPUS:-$(mktemp -d)}
[ -n "${FUZZ_CORPUS:-}" ] || trap 'rm -rf "$corpus"' EXIT
mkdir -p "$corpus"

seeds=$here/seeds/$name
if [ "$name" = mlir ]; then
  seeds=$corpus/seeds
  python3 "$here/seeds.py" "$seeds" "$here"/../Sluice/*.mlir "$here"/../Pipe/*.mlir "$here"/../CPU/dialect.mlir \
    "$here"/../CUDA/dialect.mlir
fi
mkdir -p "$corpus/learned"
# Stacks that outlive their function cost half of the time where exceptions are thrown; the suite looks for them.
export ASAN_OPTIONS=${ASAN_OPTIONS-detect_stack_use_after_return=0}
# Debian's package of libFuzzer does not find leaks in code that it did not compile; LLVM keeps some memory for good.
"fuzz-$name" "$corpus/learned" "$seeds" -runs="$runs" -seed=1 -max_len=4096 -timeout=20 -rss_limit_mb=4096 \
  -keep_seed=1 -reduce_inputs=0 -detect_leaks=0 -print_final_stats=1 "$@"
