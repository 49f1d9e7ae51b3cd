#!/usr/bin/env python3
"""Prints what the techniques cost and save, each beside its bar: techniques.py [--rounds N] [--build FOLDER].

Programs run in turn, round after round; times are medians of steps. Run on an idle machine.
"""

import argparse
import itertools
import pathlib
import statistics

from measure import Bench, description, median_ms, printable_text, root, sized

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--rounds", type=int, default=3, help="runs of each program (default 3)")
parser.add_argument("--build", default=root / "build", type=pathlib.Path)
parser.add_argument("--threads", type=int, default=2)
arguments = parser.parse_args()
bench = Bench(arguments.build, arguments.threads)


def measure(programs, steps=100):
    return bench.side_by_side(programs, arguments.rounds, f"--data={printable_text()}", f"--steps={steps}", "--val-fraction=0")


def without_norms(model):
    sized(6, 128)(model)

    def keep(ops):
        return [{**op, "residual": keep(op["residual"])} if "residual" in op else {**op, "body": keep(op["body"])} if "body" in op else op
                for op in ops if op.get("op") != "layer_norm"]

    model["model"] = keep(model["model"])


# Layer drop: the time of a run, and that of a layer from the steps of one run.
deep, half = description("deep", sized(12, 64)), description("half", sized(6, 64))
lines = measure({
    "full": bench.compile(deep, "full")[0],
    "half": bench.compile(half, "half")[0],
    "drop": bench.compile(deep, "drop", "--layer-drop=theta=0.5")[0],
}, steps=200)
seconds = {name: sum(line["ms"] for line in lines[name]) / 1e3 for name in lines}
bench.row("layer drop, 12 layers, theta 0.5: wall time over the full run's", f"{seconds['drop'] / seconds['full']:.2f}", "at most 0.8")
block = (median_ms(lines["full"]) - median_ms(lines["half"])) / 6
points = [(line["layers_kept"], line["ms"]) for line in lines["drop"]][:600]
slope = statistics.median((b[1] - a[1]) / (b[0] - a[0]) for a, b in itertools.combinations(points, 2) if a[0] != b[0])
bench.row("step time over kept layers, in times of a layer", f"{slope / block:.2f} ({slope:.2f} ms, {block:.2f} ms)", "at least 0.95")

# Standardization loss: the same model without norms, with and without the term.
bare, norms = description("bare", without_norms), description("norms", sized(6, 128))
lines = measure({
    "without": bench.compile(bare, "without")[0],
    "outputs": bench.compile(norms, "outputs", "--standardization-loss=site=linear-output")[0],
    "stream": bench.compile(norms, "stream", "--standardization-loss=site=input-of-norm")[0],
})
for site in ("outputs", "stream"):
    share = median_ms(lines[site]) / median_ms(lines["without"]) - 1
    bench.row(f"standardization loss on the {site}, share of a step", f"{100 * share:.1f} %", "at most 3 %")

# Muon.
lines = measure({"adamw": bench.compile(deep, "adamw")[0], "muon": bench.compile(deep, "muon", "--optimizer=muon")[0]})
ratio = median_ms(lines["muon"]) / median_ms(lines["adamw"])
bench.row("Muon, 12 layers of width 64: a step over AdamW's", f"{ratio:.2f} ({median_ms(lines['muon']):.1f} ms, {median_ms(lines['adamw']):.1f} ms)", "at most 1.25")

bench.table()
