"""Checks that two safetensors files hold the same tensors to the bit, opened by the package `safetensors` where it is installed: same-tensors.py FILE FILE."""

import json
import struct
import sys


def tensors(path):
    try:
        from safetensors.numpy import load_file

        return {name: (list(t.shape), t.tobytes()) for name, t in load_file(path).items()}
    except ImportError:
        data = open(path, "rb").read()
        size = struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8 : 8 + size])
        header.pop("__metadata__", None)
        body = data[8 + size :]
        return {name: (t["shape"], body[slice(*t["data_offsets"])]) for name, t in header.items()}


first, second = tensors(sys.argv[1]), tensors(sys.argv[2])
assert first.keys() == second.keys(), sorted(first.keys() ^ second.keys())
different = [name for name in first if first[name] != second[name]]
assert not different, different
print(len(first), "tensors")
