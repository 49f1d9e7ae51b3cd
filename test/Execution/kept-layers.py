"""Checks that a run kept as many layers as the closed form of layer drop says, within 3 standard errors."""

import argparse
import json
import math

parser = argparse.ArgumentParser()
parser.add_argument("log")
parser.add_argument("--layers", type=int, required=True)
parser.add_argument("--theta", type=float, required=True)
parser.add_argument("--gamma", type=float, default=0.0)
parser.add_argument("--constant", action="store_true")
parser.add_argument("--floor", type=float, default=0.0)
parser.add_argument("--parts", type=int, default=1, help="gates a layer")
parser.add_argument("--microbatches", type=int, default=1)
arguments = parser.parse_args()

kept = [json.loads(line)["layers_kept"] for line in open(arguments.log) if "layers_kept" in line]
expected, variance = 0.0, 0.0
for step in range(len(kept)):
    theta = arguments.theta if arguments.constant else (1 - arguments.theta) * math.exp(-arguments.gamma * step) + arguments.theta
    for layer in range(1, arguments.layers + 1):
        p = max(1 - layer / arguments.layers * (1 - theta), arguments.floor / arguments.layers)
        expected += p
        variance += p * (1 - p) / (arguments.parts * arguments.microbatches)
error = (sum(kept) - expected) / math.sqrt(variance)
print(f"{len(kept)} steps kept {sum(kept):.1f} layers, expected {expected:.1f}: {error:+.2f} standard errors")
assert len(kept) > 100 and abs(error) <= 3
