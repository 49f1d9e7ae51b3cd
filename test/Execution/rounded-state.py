"""Checks the weights after a step of SGD in 1-6-9 against NumPy: rounded-state.py BEFORE AFTER STEP SEED RATE.

BEFORE and AFTER are checkpoints, or BEFORE is a file of weights; STEP is the number of steps before. All weights and
momenta of AFTER are values of 1-6-9, and each weight is w - RATE m, rounded by the third word of Philox4x32-10 of seed,
step, name and element."""

import json
import os
import struct
import sys

import numpy as np


def tensors(path):
    data = open(path, "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    return {name: np.frombuffer(data[8 + size :][slice(*t["data_offsets"])], "<f4") for name, t in header.items()}


def checkpoint(folder):
    if not os.path.isdir(folder):
        return tensors(folder), {}
    files = json.load(open(os.path.join(folder, "checkpoint.json")))["files"]
    return [tensors(os.path.join(folder, files[kind])) for kind in ("model", "optimizer")]


def name_hash(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def philox(counter, key):
    low = np.uint64(0xFFFFFFFF)
    counter, key = [np.asarray(word, np.uint64) for word in counter], list(key)
    for _ in range(10):
        first, second = counter[0] * np.uint64(0xD2511F53), counter[2] * np.uint64(0xCD9E8D57)
        shift = np.uint64(32)
        counter = [(second >> shift) ^ counter[1] ^ np.uint64(key[0]), second & low,
                   (first >> shift) ^ counter[3] ^ np.uint64(key[1]), first & low]
        key = [(key[0] + 0x9E3779B9) % 2**32, (key[1] + 0xBB67AE85) % 2**32]
    return counter


def places(exact):
    """The last place of 1-6-9 where each number lies."""
    return np.exp2(np.maximum(np.floor(np.log2(np.maximum(np.abs(exact), 2.0**-60))), -30) - 9)


def rounded(exact, words):
    scaled = np.abs(exact) / places(exact)
    below = np.floor(scaled)
    part = np.floor((scaled - below) * 2**14) + (words % np.uint64(2**14)).astype(float)
    return np.copysign((below + (part >= 2**14)) * places(exact), exact)


def main():
    before, after = checkpoint(sys.argv[1]), checkpoint(sys.argv[2])
    step, seed, rate = int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
    checked = 0
    for values in after:
        for name, tensor in values.items():
            scaled = tensor / places(tensor.astype(float))
            assert (scaled == np.floor(scaled)).all(), f"{name} has values that are not of 1-6-9"
    for name, weights in before[0].items():
        momentum, found = after[1][name + ".momentum_buffer"].astype(float), after[0][name]
        value = name_hash(name)
        count = np.arange(len(weights))
        words = philox([count, np.full_like(count, value % 2**32), np.full_like(count, step),
                        np.full_like(count, value >> 32)], [seed % 2**32, seed >> 32])
        expected = rounded(weights.astype(float) - rate * momentum, words[2])
        differs = expected != found
        assert not differs.any(), f"{name}: expected {expected[differs]}, found {found[differs]}"
        checked += len(weights)
    print(checked, "weights")


main()
