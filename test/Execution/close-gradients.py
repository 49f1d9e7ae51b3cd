"""Compares gradients of two programs: close-gradients.py FIRST TWICE OTHER OTHER_TWICE TOLERANCE.

Each is a safetensors file of the parameters after one step of plain descent; TWICE was taken at twice the rate, so that
the gradient is the difference. The largest error is relative to the norm of a parameter's gradient.
"""

import json
import struct
import sys


def read(path):
    data = open(path, "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            assert entry["dtype"] == "F32", (name, entry["dtype"])
            begin, end = entry["data_offsets"]
            tensors[name] = struct.unpack(f"<{(end - begin) // 4}f", body[begin:end])
    return tensors


def norm(values):
    return sum(value * value for value in values) ** 0.5


once, twice, other, other_twice = (read(path) for path in sys.argv[1:5])
assert once.keys() == twice.keys() == other.keys() == other_twice.keys() and len(once) >= 10, (len(once), len(other))
worst = 0
for name in once:
    gradient = [a - b for a, b in zip(once[name], twice[name])]
    found = [a - b for a, b in zip(other[name], other_twice[name])]
    assert norm(gradient) > 0, name
    error = norm([a - b for a, b in zip(gradient, found)]) / norm(gradient)
    worst = max(worst, error)
    assert error <= float(sys.argv[5]), (name, error)
print(f"{len(once)} gradients within {worst:.1e} of their norms")
