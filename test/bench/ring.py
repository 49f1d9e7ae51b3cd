"""Times stale gradients on two devices: ring.py [--rounds=N] [--layers=L] [--vocabulary=V] [--optimizer=NAME] DATA

The model of pipeline.py: 12 layers of 64 units, 12 x 64 tokens a step, one micro-batch, tied embeddings. Three stages
on two devices under `ouroboros`, one thread a device, against the same stages one after the other (`sequential`),
against one stage with one thread, and against one stage with two. Costs are from a profile of a program with a stage
a layer. All programs are run in turn; printed are medians over the rounds of the median time of a step, and the time
and the speed-up over `sequential` that are simulated. With a vocabulary such as GPT-2's, 50257, of which the data use
the bytes alone, the output head outweighs the layers.
"""

import argparse
import statistics
import tempfile

from pipeline import Bench

RING = ["--stages=3", "--devices=2"]
PROGRAMS = {
    "one stage": [],
    "sequential": [*RING, "--schedule=sequential"],
    "stashed": [*RING, "--schedule=ouroboros"],
    "predicted": [*RING, "--schedule=ouroboros", "--weights=predicted"],
    "current": [*RING, "--schedule=ouroboros", "--weights=current"],
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--vocabulary", type=int, default=256)
    parser.add_argument("--optimizer", default="adamw")
    parser.add_argument("--steps", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder, options.data, layers=options.layers, vocabulary=options.vocabulary)
        optimizer = f"--optimizer={options.optimizer}"
        profile = bench.profile("layers", [optimizer, f"--stages={options.layers + 2}"])
        plans = {}
        for name, flags in PROGRAMS.items():
            bench.compile(name.replace(" ", "-"), optimizer, *flags, *([profile] if flags else []))
            if flags:
                plans[name] = bench.plan(optimizer, *flags, profile)
        period = {name: plan["period"] * 1e3 for name, plan in plans.items()}
        times, bubbles = {}, {}
        for _ in range(options.rounds):
            for name in [*PROGRAMS, "two threads"]:
                program = "one stage" if name == "two threads" else name
                threads = 2 if name == "two threads" else 1
                milliseconds, bubble = bench.step(program.replace(" ", "-"), options.steps, threads)
                times.setdefault(name, []).append(milliseconds)
                bubbles.setdefault(name, []).append(bubble)
        median = {name: statistics.median(values) for name, values in times.items()}
        for name in [*PROGRAMS, "two threads"]:
            line = (f"{name:12} {median[name]:7.2f} ms, {median['sequential'] / median[name]:.3f} times sequential, "
                    f"{median['two threads'] / median[name]:.3f} times two threads")
            if name in plans:
                layers = ",".join(str(stage["layers"]) for stage in plans[name]["stages"])
                speedup = period["sequential"] / period[name]
                line += (f"; layers {layers}, simulated {period[name]:.2f} ms, {speedup:.3f} times sequential; bubble "
                         f"{statistics.median(bubbles[name]):.3f}, simulated {plans[name]['bubble']:.3f}")
            print(line, flush=True)


if __name__ == "__main__":
    main()
