# Runs every verb with a standard output that takes nothing, or is closed: full.sh PROGRAM DATA WEIGHTS
program=$1 data=$2 weights=$3

full() {
  name=$1
  shift
  printf '%s: ' "$name"
  (exec 3>&1; "$program" "$@" 2>&3 >/dev/full)
  echo $?
}

closed() {
  printf 'closed %s: ' "$1"
  (exec 3>&1; "$program" "$@" 2>&3 >&-)
  echo $?
}

full "--help" --help
full "train --help" train --help
full "--version" --version
full "info" info
full "info --json" info --json
full "bench --steps=1 --warmup=0" bench --steps=1 --warmup=0
full "eval --init" eval --data="$data" --init="$weights"
full "generate --init" generate --prompt=a --tokens=2 --init="$weights"
full "train" train --data="$data" --steps=2
full "quiet" train --data="$data" --steps=2 --quiet
closed info
closed train --data="$data" --steps=2
closed eval --data="$data"
full "log" eval --data="$data" --log=/dev/full
