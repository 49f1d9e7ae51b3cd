#!/usr/bin/env python3
"""Prints the project's figures as a table, each beside its bar: figures.py [--data TEXT] [--steps N] [--build FOLDER].

Learning needs a text (tinyshakespeare, for which the bar holds); without --data it is left out. Run on an idle machine; rates are medians, and shares are of
the FMA peak measured right before and after, on as many threads.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import tempfile
import time

root = pathlib.Path(__file__).resolve().parents[2]
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--data", help="text to learn; seeds 0, 1, 2 of examples/shakespeare.json")
parser.add_argument("--steps", type=int, default=10, help="timed steps of GPT-2 124M (default 10)")
parser.add_argument("--build", default=root / "build", type=pathlib.Path)
parser.add_argument("--threads", type=int, default=2)
arguments = parser.parse_args()
folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-figures-"))
sluicec = arguments.build / "bin" / "sluicec"
rows = []


def row(what, found, bar):
    rows.append((what, found, bar))
    print(f"{what}: {found} (bar {bar})", flush=True)


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def compile_seconds(model, out, *flags):
    start = time.monotonic()
    run(sluicec, model, "-o", out, *flags)
    return time.monotonic() - start


def log_of(program, *flags):
    log = folder / "log.jsonl"
    log.unlink(missing_ok=True)
    run(program, "train", "--quiet", f"--log={log}", f"--threads={arguments.threads}", *flags)
    return [json.loads(line) for line in log.read_text().splitlines()]


def deep(layers):
    text = (root / "examples" / "shakespeare.json").read_text().replace('"layers": 4', f'"layers": {layers}')
    path = folder / f"deep-{layers}.json"
    path.write_text(text)
    return path


def peak():
    return float(run(folder / "machine-peak", arguments.threads))


run("c++", "-O2", "-march=native", "-pthread", root / "test/bench/machine-peak.cpp", "-o", folder / "machine-peak")
cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
print(f"{datetime.date.today()}, {cpu.group(1) if cpu else platform.processor()}, {os.cpu_count()} processors, {arguments.threads} threads")

times = {layers: statistics.median(compile_seconds(deep(layers), folder / "deep") for _ in range(3)) for layers in (12, 96)}
row("compile time, 96 equal layers over 12", f"{times[96] / times[12]:.2f} ({times[96]:.1f} s, {times[12]:.1f} s)", "1.5")

gpt2 = folder / "gpt2"
seconds = compile_seconds(root / "examples" / "gpt2.json", gpt2, "--batch=4", "--seq=64", "--dropout=0")
row("GPT-2 124M, JSON to executable", f"{seconds:.1f} s", "20 s")

text = folder / "text.txt"
text.write_bytes(b"".join(bytes(range(32, 127)) for _ in range(1000)))
before = peak()
losses = log_of(gpt2, f"--data={text}", f"--steps={arguments.steps}", "--val-fraction=0")
after = peak()
info = json.loads(run(gpt2, "info", "--json"))
rate = info["flops_per_step"] / statistics.median(line["ms"] for line in losses[1:]) / 1e6
row("GPT-2 124M step, 4 x 64, share of the FMA peak", f"{rate / max(before, after):.2f} ({rate:.0f} of {max(before, after):.0f} GFLOP/s)", "0.30")

if arguments.data:
    model = folder / "shakespeare"
    run(sluicec, root / "examples" / "shakespeare.json", "-o", model)
    for seed in range(3):
        line = log_of(model, f"--data={arguments.data}", f"--seed={seed}")[-1]
        row(f"validation loss, seed {seed}", f"{line['val_loss']:.3f}", "1.92")

print("\n| what | found | bar |\n| --- | --- | --- |")
for cells in rows:
    print("| " + " | ".join(cells) + " |")
