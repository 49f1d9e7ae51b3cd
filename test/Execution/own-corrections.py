"""Compares a step under --dropped-state=skip with AdamW in f64, whose bias corrections count a parameter's own updates: own-corrections.py BEFORE AFTER LOG.

BEFORE and AFTER are checkpoints one step apart, LOG has the layers of all steps until AFTER. The gradient follows from the first moments."""

import json
import os
import re
import struct
import sys

import numpy as np

RATE, DECAY, BETA1, BETA2, EPSILON = 0.1, 0.1, 0.9, 0.999, 1e-8
TYPES = {"F32": "<f4", "F64": "<f8"}


def tensors(path):
    data = open(path, "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    return {name: np.frombuffer(data[8 + size :][slice(*t["data_offsets"])], TYPES[t["dtype"]]).reshape(t["shape"]).astype(float)
            for name, t in header.items()}


def checkpoint(folder):
    files = json.load(open(os.path.join(folder, "checkpoint.json")))["files"]
    return [tensors(os.path.join(folder, files[kind])) for kind in ("model", "optimizer")]


(before, old), (after, state) = checkpoint(sys.argv[1]), checkpoint(sys.argv[2])
steps = [{layer["name"]: layer["kept"] > 0 for layer in line["layers"]} for line in map(json.loads, open(sys.argv[3])) if "layers" in line]
counts = {layer: sum(step[layer] for step in steps) for layer in steps[0]}
worst, ratio = {"updated": 0, "count": 0}, 1
for name, weights in before.items():
    layer = re.match(r"h\.\d+", name)
    count = counts[layer.group()] if layer else len(steps)
    if layer:
        for number, beta in ((1, BETA1), (2, BETA2)):
            found = state[f"{name}.bias_correction{number}"]
            assert found.shape == (), found
            worst["count"] = max(worst["count"], abs(found / (1 - beta**count) - 1) if count else abs(found))
    if layer and not steps[-1][layer.group()]:
        assert np.array_equal(weights, after[name]), name
        assert all(np.array_equal(old[key], state[key]) for key in state if key.startswith(name + ".")), name
        continue
    mean = state[name + ".exp_avg"] / (1 - BETA1**count)
    square = state[name + ".exp_avg_sq"] / (1 - BETA2**count)
    change = -RATE * (mean / (np.sqrt(square) + EPSILON) + (DECAY * weights if weights.ndim > 1 else 0))
    worst["updated"] = max(worst["updated"], np.linalg.norm(after[name] - weights - change) / np.linalg.norm(change))
    ratio = max(ratio, (1 - BETA1 ** len(steps)) / (1 - BETA1**count))
print("largest relative errors:", worst, "corrections of all steps would be wrong by a factor of up to", ratio)
assert worst["updated"] < 1e-5 and worst["count"] < 1e-12
assert ratio > 1.1 and not all(steps[-1].values()), "the seed shows nothing: choose another"
