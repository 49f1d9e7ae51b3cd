#!/bin/sh
# run.sh [FOLDER]: checks on a machine with a graphics card, by programs that build.sh made elsewhere. It needs the
# card's driver, a C library and what POSIX has of commands. FOLDER is what build.sh wrote, by default where this is.
# Prints one table as Markdown, and times of kernels behind it. The exit status is 1 where a check fails; the others run
# all the same. What would take longer than 8 minutes in all is left out, with a line.
set -u
folder=${1:-$(dirname "$0")}
end=$(($(date +%s) + ${SLUICE_GPU_SECONDS:-470}))
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
failures=0

card=$("$folder/bin/sluice-check-tensor-cores" --card) || exit 1
echo "$(date +%Y-%m-%d), $card"
echo
echo '| what | bar | found | |'
echo '| --- | --- | --- | --- |'

row() { # row WHAT BAR FOUND VERDICT: a line of the table
  printf '| %s | %s | %s | %s |\n' "$1" "$2" "$(printf %s "$3" | tr '|\n' '/ ')" "$4"
  [ "$4" != failed ] || failures=$((failures + 1))
}

has_time() { # has_time SECONDS WHAT: whether there are so many left; a line of the table where there are not
  [ $((end - $(date +%s))) -ge "$1" ] && return
  row "$2" "" "$1 s would be too late" "left out"
  return 1
}

# limited SECONDS COMMAND ...: its output is in $work/out, what it says of errors in $work/err.
limited() {
  allowed=$1 left=$((end - $(date +%s)))
  shift
  [ "$left" -ge "$allowed" ] || allowed=$((left > 1 ? left : 1))
  timeout -k 5 "$allowed" "$@" >"$work/out" 2>"$work/err" </dev/null
}

# reason: why the last command failed
reason() {
  awk 'NR == 1 || (/[Ee]rror/ && !isError) { line = $0; isError = /[Ee]rror/ }
    END { print line != "" ? line : "out of time, or killed" }' "$work/err"
}

broken() { # broken WHAT BAR: a line of the table for a command that failed
  row "$1" "$2" "$(reason)" failed
}

# train LOG FLAG ...: trains the case
train() {
  log=$1
  shift
  limited 100 "$program" train --data="$data" --steps="$steps" $rates --log="$log" "$@"
}

numbers() { # numbers LOG: step, loss and norm of the gradient, a line a step, with all digits
  sed -n 's/^{"step": \([0-9]*\), "loss": \([^,]*\),.* "grad_norm": \([^,}]*\).*/\1 \2 \3/p' "$1"
}

# close WHAT LOG: compares with the host's losses within the bar, and norms of gradients within ten times that
close() {
  numbers "$folder/$name/host.jsonl" >"$work/expected"
  numbers "$2" >"$work/found"
  found=$(awk -v bar="$bar" -v first="$3" -v last="$steps" '
    function far(a, b) { return a !~ /^[-+]?[0-9]/ ? 1e9 : a > b ? (a - b) / b : (b - a) / b }
    NR == FNR { loss[$1] = $2; norm[$1] = $3; next }
    $1 in loss && !($1 in seen) {
      seen[$1] = 1; ++count
      if (far($2, loss[$1]) > worst) worst = far($2, loss[$1])
      if (far($3, norm[$1]) > norms) norms = far($3, norm[$1])
    }
    END {
      printf "losses of %d steps within %.1e, norms within %.1e\n", count, worst, norms
      exit !(count == last - first && last > first && worst <= bar && norms <= 10 * bar)
    }' "$work/expected" "$work/found") && verdict=ok || verdict=failed
  row "$1" "$bar" "$found" "$verdict"
}

# same WHAT LOG: compares with the card's first run to the last bit
same() {
  numbers "$work/$name.jsonl" >"$work/expected"
  numbers "$2" >"$work/found"
  if [ -s "$work/expected" ] && cmp -s "$work/expected" "$work/found"; then
    row "$1" "the same bits" "$(wc -l <"$work/found" | tr -d ' ') steps are the same" ok
  else
    row "$1" "the same bits" "the first difference: $(diff "$work/expected" "$work/found" | sed -n '2p')" failed
  fi
}

check_losses() {
  if train "$work/$name.jsonl"; then
    close "$name: losses" "$work/$name.jsonl" 0
  else
    broken "$name: losses" "$bar"
  fi
}

check_again() {
  if train "$work/again.jsonl" --overwrite; then
    same "$name: again" "$work/again.jsonl"
  else
    broken "$name: again" "the same bits"
  fi
}

check_synchronous() {
  if train "$work/synchronous.jsonl" --synchronous --overwrite; then
    same "$name: without graphs" "$work/synchronous.jsonl"
  else
    broken "$name: without graphs" "the same bits"
  fi
}

# A run that writes a checkpoint a step is killed when the first is there.
kill_run() {
  rm -rf "$work/broken" "$work/broken.jsonl" "$work/status"
  {
    "$program" train --data="$data" --steps="$steps" $rates --log="$work/broken.jsonl" --checkpoint-dir="$work/broken" \
      --checkpoint-every=1 >"$work/out" 2>"$work/err" &
    echo $! >"$work/pid"
    wait $!
    echo $? >"$work/status"
  } 2>/dev/null &
  tries=0
  while [ ! -f "$work/broken/checkpoint.json" ] && [ ! -f "$work/status" ] && [ $tries -lt 6000 ]; do
    sleep 0.01
    tries=$((tries + 1))
  done
  kill -KILL "$(cat "$work/pid")" 2>/dev/null
  wait $!
  [ "$(cat "$work/status")" = 137 ] && [ -f "$work/broken/checkpoint.json" ]
}

check_resume() {
  # A run that had ended when it was to be killed shows nothing; the next may be slower.
  if ! kill_run && ! kill_run && ! kill_run; then
    broken "$name: killed, no checkpoint or no process to kill" "the same bits"
    return
  fi
  at=$(numbers "$work/broken.jsonl" | wc -l | tr -d ' ')
  if train "$work/broken.jsonl" --resume="$work/broken"; then
    same "$name: killed behind $at steps and resumed" "$work/broken.jsonl"
  else
    broken "$name: killed behind $at steps and resumed" "the same bits"
  fi
}

check_host() {
  rm -rf "$work/host" "$work/host.jsonl"
  cp -R "$folder/$name/checkpoint" "$work/host"
  if train "$work/host.jsonl" --resume="$work/host"; then
    close "$name: a checkpoint of the host resumed" "$work/host.jsonl" $((steps / 2))
  else
    broken "$name: a checkpoint of the host resumed" "$bar"
  fi
}

# peer: what PyTorch takes for the step of the case, where it is installed
peer() {
  [ -f "$folder/$name/shape" ] && python3 -c 'import torch' 2>/dev/null || return
  limited 150 python3 "$folder/torch_step.py" $(cat "$folder/$name/shape")
  sed 's/^/; /' "$work/out" | tr -d '\n'
}

check_bench() {
  if limited 100 "$program" bench --steps="${SLUICE_GPU_BENCH_STEPS:-10}"; then
    { echo && cat "$work/out"; } >>"$work/kernels"
    what="$name: a step of $(sed -n '1s/.*: \(.* tokens\).*/\1/p' "$work/out")"
    found=$(sed -n 's/^step *//p' "$work/out")
    row "$what" "" "$found$(peer)" timed
  else
    broken "$name: a step" ""
  fi
}

# A process a case, so that a fault of one is none of the others.
check_kernels() {
  for case in "$folder"/kernels/*.case; do
    [ -f "$case" ] && has_time 2 "kernels of $(basename "$case" .case) against f64" || continue
    limited 20 "$folder/bin/sluice-check-kernels" "$case" || failures=$((failures + 1))
    grep '^|' "$work/out" || broken "kernels of $(basename "$case" .case) against f64" ""
  done
}

check_tensor_cores() {
  limited 120 "$folder/bin/sluice-check-tensor-cores" --sums="${SLUICE_GPU_SUMS:-65536}" && verdict=ok || verdict=failed
  found=$(awk -F ' *[|] *' '
    $5 ~ /^[0-9]+$/ { sums += $5; differences += $6; if (!($2 in seen)) { seen[$2] = 1; ++count } }
    $5 ~ /^[0-9]+$/ && $6 > 0 && first == "" { first = ", the first: " $2 ", " $7 }
    $3 == "not declared" { others = others ", not declared: " $2 }
    END {
      if (!count)
        exit 1
      printf "%d instructions, %d sums, differences: %d%s%s", count, sums, differences, first, others
    }' "$work/out") || verdict=failed
  if [ -n "$found" ]; then
    row "sums of tensor cores, as declared" "the same bits" "$found$(sed -n '1s/^/; /p' "$work/err")" "$verdict"
  else
    broken "sums of tensor cores, as declared" "the same bits"
  fi
}

# run_checks SECONDS KIND ...: those of every case that are of these kinds, each if there are so many seconds left
run_checks() {
  seconds=$1
  shift
  while read -r name steps bar data checks <&3; do
    program=$folder/$name/train data=$folder/$data
    for kind in "$@"; do
      case ,$checks, in *,"$kind",*) has_time "$seconds" "$name: $kind" && "check_$kind" ;; esac
    done
  done 3<"$folder/cases"
}

rates="--lr=1e-3 --lr-schedule=constant --warmup=0 --val-fraction=0 --quiet"
check_kernels
run_checks 5 losses again synchronous resume host
has_time 20 "sums of tensor cores" && check_tensor_cores
run_checks 20 bench
[ ! -f "$work/kernels" ] || cat "$work/kernels"
[ $failures -eq 0 ]
