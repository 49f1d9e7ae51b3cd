#!/usr/bin/env python3
"""Prints what threads are worth beside busy processes: busy.py [--beside 0,4,6] [--rounds N] [--program P [--before P]].

Runs an example on one thread and on two in turn, round after round, beside as many processes that compute without end,
and compares the rates of whole runs. With --before, a program that an older build compiled runs in turn too. Without
busy processes, the machine should be idle.
"""

import argparse
import contextlib
import pathlib
import statistics
import subprocess

from measure import Bench, printable_text, root

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--beside", default="0,4,6", help="numbers of busy processes (default 0,4,6)")
parser.add_argument("--rounds", type=int, default=5, help="runs of each program and number of threads (default 5)")
parser.add_argument("--steps", type=int, default=100, help="steps of a run (default 100)")
parser.add_argument("--model", default="shakespeare", help="the example (default shakespeare)")
parser.add_argument("--program", type=pathlib.Path, help="the compiled example, if it is there already")
parser.add_argument("--before", type=pathlib.Path, help="the same of an older build")
parser.add_argument("--build", default=root / "build", type=pathlib.Path)
parser.add_argument("--threads", type=int, default=2)
arguments = parser.parse_args()
bench = Bench(arguments.build, arguments.threads)


@contextlib.contextmanager
def busy(count):
    # Each ends with this script, however that ends.
    processes = [subprocess.Popen(["sh", "-c", "while kill -0 $PPID; do :; done"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def rate(program, threads):
    """Tokens a second of a run, less its first steps."""
    flags = [f"--data={text}", f"--steps={arguments.steps}", "--val-fraction=0"]
    lines = bench.log_of(program, *flags, threads=threads)
    return statistics.harmonic_mean(line["tokens_per_s"] for line in lines if line["step"] > 5)


def ratio(a, b):
    ratios = [x / y for x, y in zip(a, b)]
    return f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"


text = printable_text()
program = arguments.program or bench.compile(root / "examples" / f"{arguments.model}.json", arguments.model)[0]
for count in map(int, arguments.beside.split(",")):
    runs = {"one": (program, 1), "all": (program, arguments.threads)}
    if arguments.before:
        runs |= {"before": (arguments.before, arguments.threads)}
    rates = {name: [] for name in runs}
    with busy(count):
        for _ in range(arguments.rounds):
            for name, run in runs.items():
                rates[name].append(rate(*run))
    medians = ", ".join(f"{name} {statistics.median(found):.0f}" for name, found in rates.items())
    beside = f"{count} busy processes"
    what = f"{beside}: rate of {arguments.threads} threads over that of"
    bench.row(f"{what} one", f"{ratio(rates['all'], rates['one'])}; tokens/s: {medians}", "0.9")
    if arguments.before:
        bench.row(f"{what} before", ratio(rates["all"], rates["before"]), "0.99")
bench.table()
