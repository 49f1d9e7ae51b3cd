"""Times schedules on two devices against one stage: two_devices.py [--rounds=N] [--micro-batches=4,8] DATA

The model of pipeline.py: 12 layers of 64 units, 12 x 64 tokens a micro-batch, one thread a device. Costs are from a
profile of a program with a stage a layer. All programs are run in turn; printed are medians over the rounds of the
median time of a step, as many times faster than `sequential` of one stage, and what the simulated step says.
"""

import argparse
import statistics
import tempfile

from pipeline import Bench

SCHEDULES = {
    "1f1b": ["--stages=2", "--schedule=1f1b"],
    "zero-bubble": ["--stages=2", "--schedule=zero-bubble"],
    "interleaved": ["--stages=4", "--devices=2", "--schedule=interleaved"],
    "gpipe": ["--stages=2", "--schedule=gpipe"],
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--micro-batches", default="4,8")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder, options.data)
        for count in map(int, options.micro_batches.split(",")):
            micro_batches = f"--microbatches={count}"
            profile = bench.profile("layers", [micro_batches, "--stages=14"])
            bench.compile("one", micro_batches)
            simulated = {}
            for name, flags in SCHEDULES.items():
                bench.compile(name, micro_batches, *flags, profile)
                simulated[name] = bench.plan(micro_batches, *flags, profile)
            times, bubbles = {}, {}
            for _ in range(options.rounds):
                for name in ("one", *SCHEDULES):
                    milliseconds, bubble = bench.step(name, 3 + 60 // count)
                    times.setdefault(name, []).append(milliseconds)
                    bubbles.setdefault(name, []).append(bubble)
            one = statistics.median(times["one"])
            print(f"{count} micro-batches: one stage {one:.1f} ms")
            for name in SCHEDULES:
                print(f"  {name:12} {one / statistics.median(times[name]):.3f} times as fast, simulated "
                      f"{simulated[name]['speed_up']:.3f}; bubble {statistics.median(bubbles[name]):.3f}, simulated "
                      f"{simulated[name]['bubble']:.3f}", flush=True)


if __name__ == "__main__":
    main()
