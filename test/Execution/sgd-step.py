"""Compares two steps of SGD with NumPy in f64: sgd-step.py START WITHOUT FIRST SECOND.

START holds the weights at the start; FIRST and SECOND are checkpoints after one step and two, WITHOUT one after a step without weight decay: its momenta are the
clipped gradients of the first step."""

import json
import os
import struct
import sys

import numpy as np

RATE, DECAY, MOMENTUM, CLIP = 10, 0.5, 0.9, 0.5


def tensors(path):
    data = open(path, "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    return {name: np.frombuffer(data[8 + size :][slice(*t["data_offsets"])], "<f4").reshape(t["shape"]).astype(float)
            for name, t in header.items()}


def checkpoint(folder):
    files = json.load(open(os.path.join(folder, "checkpoint.json")))["files"]
    return [tensors(os.path.join(folder, files[kind])) for kind in ("model", "optimizer")]


def error(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


start = tensors(sys.argv[1])
(_, clipped), (first, momenta), (second, later) = map(checkpoint, sys.argv[2:5])
norm = np.sqrt(sum(np.sum(g**2) for g in clipped.values()))
assert abs(norm - CLIP) < 1e-5, f"the gradients are not clipped to a norm of {CLIP}, found {norm}"
worst = 0
for name, weights in start.items():
    key = name + ".momentum_buffer"
    momentum = clipped[key] + (DECAY * weights if weights.ndim > 1 else 0)
    worst = max(worst, error(momenta[key], momentum), error(first[name] - weights, -RATE * momentum))
    gradient = later[key] - MOMENTUM * momenta[key] - (DECAY * first[name] if weights.ndim > 1 else 0)
    worst = max(worst, error(second[name] - first[name], -RATE * later[key]))
    # Of the second step, no more than its norm is known here.
    assert np.linalg.norm(gradient) < CLIP * 1.01, name
print("largest relative error:", worst)
assert worst < 1e-3
