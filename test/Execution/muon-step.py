"""Compares a step of Muon, and of AdamW beside it, with NumPy in f64: muon-step.py BEFORE.safetensors CHECKPOINT STEP [OLDER CHECKPOINT].

BEFORE holds the weights before the step, CHECKPOINT weights and state after it, OLDER CHECKPOINT the state before it. The gradient follows from the momenta."""

import json
import os
import re
import struct
import sys

import numpy as np

RATE, ADAMW_RATE, DECAY, MOMENTUM, BETA1, BETA2, EPSILON = 0.02, 1e-3, 0.1, 0.95, 0.9, 0.99, 1e-8


def tensors(path):
    data = open(path, "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    parts = {name: data[8 + size :][slice(*t["data_offsets"])] for name, t in header.items()}
    return {name: np.frombuffer(parts[name], "<f4").reshape(t["shape"]).astype(float) for name, t in header.items()}


def checkpoint(folder):
    files = json.load(open(os.path.join(folder, "checkpoint.json")))["files"]
    return [tensors(os.path.join(folder, files[kind])) for kind in ("model", "optimizer")]


def orthogonalized(u):
    x = u.T if u.shape[0] > u.shape[1] else u
    x = x / (np.linalg.norm(x) + 1e-7)
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.T if u.shape[0] > u.shape[1] else x


before, (after, state), step = tensors(sys.argv[1]), checkpoint(sys.argv[2]), int(sys.argv[3])
older = checkpoint(sys.argv[4])[1] if len(sys.argv) > 4 else {}
worst = {"muon": 0, "adamw": 0}
for name, old in before.items():
    hidden = re.match(r"h\.\d+\..*(c_attn|c_proj|c_fc)\.weight$", name)
    if hidden:
        momentum = state[name + ".momentum_buffer"]
        gradient = momentum - MOMENTUM * older.get(name + ".momentum_buffer", 0)
        blocks = np.split(gradient + MOMENTUM * momentum, 3 if "c_attn" in name else 1, axis=1)
        scale = max(1, blocks[0].shape[1] / blocks[0].shape[0]) ** 0.5
        change = -RATE * (DECAY * old + scale * np.hstack([orthogonalized(block) for block in blocks]))
    else:
        mean = state[name + ".exp_avg"] / (1 - BETA1**step)
        square = state[name + ".exp_avg_sq"] / (1 - BETA2**step)
        change = -ADAMW_RATE * (mean / (np.sqrt(square) + EPSILON) + (DECAY * old if old.ndim > 1 else 0))
    error = np.linalg.norm(after[name] - old - change) / np.linalg.norm(change)
    kind = "muon" if hidden else "adamw"
    worst[kind] = max(worst[kind], error)
assert set(state) == {n + s for n in before for s in ([".momentum_buffer"] if re.search(r"c_\w+\.weight$", n) else [".exp_avg", ".exp_avg_sq"])}
print("largest relative error:", worst)
assert 0 < worst["muon"] < 1e-3 and 0 < worst["adamw"] < 1e-3
