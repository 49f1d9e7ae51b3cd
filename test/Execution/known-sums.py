"""Trains a step from weights that need no rounding, and checks the error that it logs of their sums:
known-sums.py PROGRAM FOLDER. The program is test/Inputs/one-linear.json, whose operands are f8E5M2 and whose sums are
1-6-9. Its data are one token, so that all rows of the product are the same."""

import json
import math
import os
import random
import struct
import subprocess
import sys

program, folder = sys.argv[1:]
os.makedirs(folder)
TOKEN, WIDTH, ROWS = ord("a"), 16, 256
random.seed(7)


def eight_bits():
    """A value of f8E5M2."""
    return random.choice([-1, 1]) * random.choice([1.0, 1.25, 1.5, 1.75]) * 2.0 ** random.randint(-6, 2)


def rounded(exact):
    """To 9 mantissa bits, of two that are as near the even one; no sum here is subnormal or too large."""
    if exact == 0:
        return 0.0
    place = 2.0 ** (math.frexp(exact)[1] - 10)
    return round(exact / place) * place


row = [eight_bits() for _ in range(WIDTH)]
matrix = [[eight_bits() for _ in range(WIDTH)] for _ in range(WIDTH)]
table = [0.0] * (ROWS * WIDTH)
table[TOKEN * WIDTH:(TOKEN + 1) * WIDTH] = row
tensors = {"wte.weight": ([ROWS, WIDTH], table), "fc.weight": ([WIDTH, WIDTH], sum(matrix, [])),
           "fc.bias": ([WIDTH], [3.0] * WIDTH)}

header, data = {}, b""
for name, (shape, values) in tensors.items():
    bytes_of = struct.pack(f"<{len(values)}f", *values)
    header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(bytes_of)]}
    data += bytes_of
text = json.dumps(header).encode()
init, corpus, log = (os.path.join(folder, name) for name in ("init.safetensors", "corpus.txt", "log.jsonl"))
open(init, "wb").write(struct.pack("<Q", len(text)) + text + data)
open(corpus, "w").write("a" * 1000)
subprocess.run([program, "train", f"--data={corpus}", f"--init={init}", "--steps=2", f"--log={log}", "--quiet"],
               check=True)

errors = squares = 0.0
for column in range(WIDTH):
    exact = [row[k] * matrix[k][column] for k in range(WIDTH)]
    narrow = 0.0
    for product in exact:
        narrow = rounded(narrow + product)
    errors += (narrow - math.fsum(exact)) ** 2
    squares += math.fsum(exact) ** 2
expected = math.sqrt(errors / squares)
lines = [json.loads(line) for line in open(log)]
found = lines[0]["accumulation_error"]
assert expected > 1e-4 and abs(found - expected) < 1e-9 * expected, f"expected {expected}, found {found}"
assert "accumulation_error" not in lines[1], "expected no error in a step that measures none"
