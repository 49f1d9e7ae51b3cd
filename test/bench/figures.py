#!/usr/bin/env python3
"""Prints the project's figures as a table, each beside its bar: figures.py [--data TEXT] [--steps N] [--build FOLDER].

Learning needs a text (tinyshakespeare, for which the bar holds); without --data it is left out. Run on an idle machine; rates are medians, and shares are of
the FMA peak that the program measures in the same run, on as many threads.
"""

import argparse
import json
import pathlib
import statistics

from measure import Bench, description, root, run, sized

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--data", help="text to learn; seeds 0, 1, 2 of examples/shakespeare.json")
parser.add_argument("--steps", type=int, default=10, help="timed steps of GPT-2 124M (default 10)")
parser.add_argument("--build", default=root / "build", type=pathlib.Path)
parser.add_argument("--threads", type=int, default=2)
arguments = parser.parse_args()
bench = Bench(arguments.build, arguments.threads)


models = {layers: description(f"deep-{layers}", sized(layers, 128)) for layers in (12, 96)}
times = {layers: statistics.median(bench.compile(models[layers], "deep")[1] for _ in range(3)) for layers in models}
bench.row("compile time, 96 equal layers over 12", f"{times[96] / times[12]:.2f} ({times[96]:.1f} s, {times[12]:.1f} s)", "1.5")

gpt2, seconds = bench.compile(root / "examples" / "gpt2.json", "gpt2", "--batch=4", "--seq=64", "--dropout=0")
bench.row("GPT-2 124M, JSON to executable", f"{seconds:.1f} s", "20 s")

found = json.loads(run(gpt2, "bench", f"--steps={arguments.steps}", f"--threads={arguments.threads}", "--json"))
bench.row("GPT-2 124M step, 4 x 64, share of the FMA peak", f"{found['peak_share']:.2f} ({found['gflops']:.0f} of {found['peak_gflops']:.0f} GFLOP/s)", "0.30")

if arguments.data:
    model, _ = bench.compile(root / "examples" / "shakespeare.json", "shakespeare")
    for seed in range(3):
        line = bench.log_of(model, f"--data={arguments.data}", f"--seed={seed}")[-1]
        bench.row(f"validation loss, seed {seed}", f"{line['val_loss']:.3f}", "1.92")

bench.table()
