"""Trains a step from weights whose roundings are known, and checks what it counts: known-roundings.py PROGRAM FOLDER.
The program is test/Inputs/one-linear.json in f8E4M3FN, of 2 micro-batches. Its data are one token, so that the input of
the one matrix is the same row 32 times a step."""

import json
import os
import struct
import subprocess
import sys

program, folder = sys.argv[1:]
os.makedirs(folder)
TOKEN, WIDTH, ROWS = ord("a"), 16, 256
# The format's largest number is 448, and 2^-10 is half of its smallest.
SATURATED, UNDERFLOWED = [1000.0, -449.0, 449.0], [2.0**-10, -(2.0**-11), 2.0**-30]
NEITHER = [448.0, 2.0**-9, 0.0, 1.0]

row = (SATURATED + UNDERFLOWED + NEITHER + [0.5] * WIDTH)[:WIDTH]
table = [0.0] * (ROWS * WIDTH)
table[TOKEN * WIDTH:(TOKEN + 1) * WIDTH] = row
matrix = (2 * SATURATED[:2] + [449.0] + 2 * UNDERFLOWED + [2.0**-14] + [0.25] * WIDTH * WIDTH)[:WIDTH * WIDTH]
tensors = {"wte.weight": ([ROWS, WIDTH], table), "fc.weight": ([WIDTH, WIDTH], matrix),
           "fc.bias": ([WIDTH], [0.0] * WIDTH)}

header, data = {}, b""
for name, (shape, values) in tensors.items():
    bytes_of = struct.pack(f"<{len(values)}f", *values)
    header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(bytes_of)]}
    data += bytes_of
text = json.dumps(header).encode()
init, corpus, log = (os.path.join(folder, name) for name in ("init.safetensors", "corpus.txt", "log.jsonl"))
open(init, "wb").write(struct.pack("<Q", len(text)) + text + data)
open(corpus, "w").write("a" * 1000)
subprocess.run([program, "train", f"--data={corpus}", f"--init={init}", "--steps=1", f"--log={log}", "--quiet"],
               check=True)

line = json.loads(open(log).readline())
# Of 2 micro-batches, each of 16 rows. Forward and backward are one function, and round input and matrix once.
expected = 2 * (16 * 3 + 5), 2 * (16 * 3 + 7)
found = line["saturated_values"], line["underflowed_values"]
assert found == expected, f"expected {expected}, found {found}"
