#!/usr/bin/env python3
"""Times Sluice beside what its users would pick instead, in one run: peers.py [--torch PYTHON] [steps|attention|contractions ...].

--torch names a Python that has PyTorch. OpenBLAS and oneDNN are compared where they were installed when the build was configured. Everything runs in turn, round
after round, and medians are compared. Run on an idle machine.
"""

import argparse
import array
import json
import math
import pathlib
import statistics
import subprocess
import time

from measure import Bench, description, folder, root, run, sized

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("what", nargs="*", help="steps, attention, contractions (default: all)")
parser.add_argument("--torch", metavar="PYTHON", help="a Python that has PyTorch (default: none)")
parser.add_argument("--rounds", type=int, default=3, help="rounds of each comparison (default 3)")
parser.add_argument("--build", default=root / "build", type=pathlib.Path)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out, which takes a minute a model")
parser.add_argument("--compute", choices=["f32", "bf16"], action="append", help="operand types of steps and contractions (default: both)")
parser.add_argument("--only", default="", help="shapes and models whose name holds this text")
arguments = parser.parse_args()
computes = arguments.compute or ["f32", "bf16"]
bench = Bench(arguments.build, arguments.threads)


class Torch:
    """PyTorch in a process of its own, so that each step's memory is its own."""

    def __init__(self):
        command = [arguments.torch, pathlib.Path(__file__).with_name("torch_peer.py")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **job):
        print(json.dumps(job), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def one_step(**job):
    torch = Torch()
    answer = torch.ask(job="step", **job)
    torch.close()
    return answer


# Name, description (none: examples/shakespeare.json in other sizes), sizes, steps that are timed, and the bar of tokens a second over the better of PyTorch's.
models = [
    ("GPT-2 124M, 4 x 64", root / "examples" / "gpt2.json", dict(layers=12, heads=12, width=768, vocabulary=50257, batch=4, sequence=64), 8, 1.2),
    ("GPT-2 124M, 4 x 512", root / "examples" / "gpt2.json", dict(layers=12, heads=12, width=768, vocabulary=50257, batch=4, sequence=512), 3, 1.2),
    ("6 x 384, 8 x 256", None, dict(layers=6, heads=6, width=384, vocabulary=256, batch=8, sequence=256), 10, 1.25),
    ("4 x 128, 12 x 64", None, dict(layers=4, heads=4, width=128, vocabulary=256, batch=12, sequence=64), 50, 1.5),
]


def described(sizes):
    def change(model):
        sized(sizes["layers"], sizes["width"])(model)
        model["dimensions"].update(heads=sizes["heads"], context=sizes["sequence"])

    return description(f"{sizes['layers']}x{sizes['width']}", change)


def start(name, program):
    """From the start of a program, its weights on disk, to its first step."""
    tokens, weights, log = folder / "tokens.bin", folder / "weights", folder / "first.jsonl"
    tokens.write_bytes(array.array("H", (7 * i % 50257 for i in range(100_000))).tobytes())
    run(program, "export", f"--out={weights}")
    before, first = [], []
    for _ in range(arguments.rounds):
        log.unlink(missing_ok=True)
        begin = time.monotonic()
        run(program, "train", f"--data={tokens}", f"--init={weights / 'model.safetensors'}", "--steps=1", "--val-fraction=0", "--quiet", f"--log={log}", f"--threads={arguments.threads}")
        first.append(json.loads(log.read_text().splitlines()[0])["ms"] / 1e3)
        before.append(time.monotonic() - begin - first[-1])
    bench.row(f"{name}: start to first step, and the end of the program", f"{statistics.median(before):.2f} s (the step itself {statistics.median(first):.1f} s)", "1 s")


def step_of(name, model, sizes, count, bars, compute):
    """The step in f32, or in bf16 beside PyTorch under autocast."""
    rate_bar, roofline_bar, memory_bar = bars
    program, _ = bench.compile(model or described(sizes), name.replace(" ", "").replace(",", "-"), f"--batch={sizes['batch']}", f"--seq={sizes['sequence']}", "--dropout=0", f"--compute={compute}")
    ours, theirs, memory = [], {}, {}
    modes = [] if not arguments.torch else [False] if arguments.no_compile else [False, True]
    for _ in range(arguments.rounds):
        found = json.loads(run(program, "bench", f"--steps={count}", f"--threads={arguments.threads}", "--json"))
        ours.append(found)
        for compiled in modes:
            answer = one_step(**sizes, steps=count, warmup=2, compiled=compiled, bf16=compute == "bf16", threads=arguments.threads)
            theirs.setdefault(compiled, []).append(answer["ms"])
            memory.setdefault(compiled, []).append(answer["peak_mib"])
    ms = statistics.median(one["ms"] for one in ours)
    middle = min(ours, key=lambda one: abs(one["ms"] - ms))
    info = json.loads(run(program, "info", "--json"))
    # A disturbance while the peaks were measured would flatter what they are the measure of.
    peak, triad = (max(one[rate] for one in ours) for rate in ("peak_gflops", "triad_gb_s"))
    update = 28 * info["parameters"] / (triad * 1e9)
    limit = 1e3 * (info["flops_per_step"] / (peak * 1e9) + update)
    tokens = sizes["batch"] * sizes["sequence"]
    if model and compute == "f32":
        adamw = sum(row["ms"] for row in middle["kernels"] if row["name"] == "adamw")
        bench.row(f"{name}: AdamW, 28 bytes a parameter, share of the triad bandwidth", f"{1e3 * update / adamw:.2f} ({adamw:.1f} ms)", "0.8")
        start(name, program)
    bench.row(f"{name}: share of the roofline", f"{limit / ms:.2f} ({ms:.1f} ms, {1e3 * tokens / ms:.0f} tokens/s; {peak:.0f} GFLOP/s, {triad:.0f} GB/s)", roofline_bar)
    if modes:
        medians = {mode: statistics.median(times) for mode, times in theirs.items()}
        best = min(medians, key=medians.get)
        text = ", ".join(f"{'compiled' if mode else 'eager'} {time:.1f} ms" for mode, time in medians.items())
        bench.row(f"{name}: tokens/s over PyTorch's", f"{medians[best] / ms:.2f} ({text})", rate_bar)
        mib = info["peak_memory_bytes"] / 2**20
        least = min(statistics.median(values) for values in memory.values())
        bench.row(f"{name}: peak memory over PyTorch's", f"{mib / least:.2f} ({mib:.0f} MiB, {least:.0f} MiB)", memory_bar)
    return ms


def steps():
    for name, model, sizes, count, bar in models:
        ms = {}
        for compute, label, bars in (("f32", name, (f"{bar}", "0.75" if model else "-", "0.75")), ("bf16", f"{name}, bf16", ("1.2" if model else "-", "-", "0.75"))):
            if arguments.only in label and compute in computes:
                ms[compute] = step_of(label, model, sizes, count, bars, compute)
        if len(ms) == 2:
            bench.row(f"{name}, bf16: tokens/s over those in f32", f"{ms['f32'] / ms['bf16']:.2f}", "1.4 where bf16 is the faster" if model else "-")


def attention():
    """Forward and backward of 12 heads of 64, the two kernels of a model of one layer."""
    for sequence in (1024, 4096):
        sizes = dict(layers=1, width=768, heads=12, sequence=sequence)
        if arguments.only not in f"attention {sequence}":
            continue
        program, _ = bench.compile(described(sizes), f"attention{sequence}", "--batch=1", f"--seq={sequence}", "--dropout=0")
        torch = Torch() if arguments.torch else None
        ours, theirs = [], []
        for _ in range(arguments.rounds):
            found = json.loads(run(program, "bench", "--steps=3", "--warmup=1", f"--threads={arguments.threads}", "--json"))
            ours.append(sum(row["ms"] for row in found["kernels"] if row["name"] in ("attention", "attention_backward")))
            if torch:
                theirs.append(torch.ask(job="attention", heads=12, width=64, sequence=sequence, threads=arguments.threads)["ms"])
        ms = statistics.median(ours)
        peer = statistics.median(theirs) if theirs else math.nan
        bench.row(f"attention forward and backward, 12 heads of 64, sequence {sequence}: rate over PyTorch's", f"{peer / ms:.2f} ({ms:.1f} ms, {peer:.1f} ms)", "1.0")


shapes = [(rows, inputs, outputs) for rows in (256, 2048) for inputs, outputs in ((768, 2304), (768, 768), (768, 3072), (3072, 768), (768, 50257))] + [(1024, 1024, 1024)]


# What products multiply, by how the names of series end, the longer ends first: f32 that is rounded to bf16 in the time that is measured, bf16 in memory, f32.
operands = (" from f32 bf16", " bf16", "")


def contractions():
    torch = Torch() if arguments.torch else None
    tool = arguments.build / "bin" / "sluice-bench-contractions"
    kinds = [suffix for suffix in reversed(operands) if ("bf16" if suffix else "f32") in computes]
    names = "." if len(computes) == 2 else {"f32": "-bf16", "bf16": "bf16"}[computes[0]]
    ratios = {}
    for m, k, n in shapes:
        if arguments.only not in f"{m}x{k}x{n}":
            continue
        rates = {}
        for _ in range(arguments.rounds):
            # Each round is a few short repetitions of everything, shuffled: a disturbance then meets all alike. What takes long evens it out by itself.
            repetitions = 5 if m * k * n < 1e10 else 2
            flags = ("--benchmark_format=json", f"--benchmark_filter={names}", "--benchmark_min_time=0.03", "--benchmark_enable_random_interleaving=true", f"--benchmark_repetitions={repetitions}")
            for line in json.loads(run(tool, m, k, n, *flags))["benchmarks"]:
                if line["run_type"] != "iteration":
                    continue
                product, who, threads = line["name"].split("/")[:3]
                rates.setdefault((product, int(threads)), {}).setdefault(who, []).append(line["GFLOP/s"])
            for product, threads in rates:
                if torch:
                    for suffix in kinds:
                        if suffix == " from f32 bf16":
                            continue  # PyTorch is asked for operands that are bf16 in memory
                        answer = torch.ask(job="contraction", m=m, k=k, n=n, product=product, bf16=bool(suffix), threads=threads)
                        rates[product, threads].setdefault("PyTorch" + suffix, []).append(answer["gflops"])
        for (product, threads), found in sorted(rates.items()):
            for suffix in kinds:
                medians = {who.removesuffix(suffix): statistics.median(values) for who, values in found.items() if suffix == next(filter(who.endswith, operands))}
                ours = medians.pop("sluice")
                what = f"{m} x {k} -> {n} {product}{suffix}, threads: {threads}"
                if not medians:
                    bench.row(what, f"{ours:.0f} GFLOP/s", "0.9")
                    continue
                if suffix:
                    # Products that differ in what they read and write are each a measure of their own; the bar is of what is nearest: sums that stay f32.
                    for who, value in medians.items():
                        ratios.setdefault(f"{suffix} over {who}", []).append(ours / value)
                    measure = medians.get("oneDNN", max(medians.values()))
                else:
                    measure = max(medians.values())
                    ratios.setdefault("", []).append(ours / measure)
                text = ", ".join(f"{who} {value:.0f}" for who, value in medians.items())
                bench.row(what, f"{ours / measure:.2f} ({ours:.0f} GFLOP/s; {text})", "0.9")
    for suffix, values in ratios.items():
        bench.row(f"contractions{suffix}, geometric mean", f"{math.exp(statistics.mean(map(math.log, values))):.2f}", "-" if suffix else "1.0")


for what in arguments.what or ["steps", "attention", "contractions"]:
    {"steps": steps, "attention": attention, "contractions": contractions}[what]()
bench.table()
