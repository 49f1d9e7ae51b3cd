"""Trains test/Inputs/one-linear.json from given weights, on data of one token: rows of its one product are alike."""

import json
import os
import struct
import subprocess

WIDTH = 16
_TOKEN, _ROWS = ord("a"), 256


def train(program, folder, row, matrix, bias, steps):
    """The lines that the program logs. `row` is the token's, [WIDTH]; `matrix` [WIDTH x WIDTH]; `bias` [WIDTH]."""
    os.makedirs(folder)
    table = [0.0] * (_ROWS * WIDTH)
    table[_TOKEN * WIDTH:(_TOKEN + 1) * WIDTH] = row
    tensors = {"wte.weight": ([_ROWS, WIDTH], table), "fc.weight": ([WIDTH, WIDTH], matrix),
               "fc.bias": ([WIDTH], bias)}
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        bytes_of = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(bytes_of)]}
        data += bytes_of
    text = json.dumps(header).encode()
    init, corpus, log = (os.path.join(folder, name) for name in ("init.safetensors", "corpus.txt", "log.jsonl"))
    with open(init, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
    with open(corpus, "w") as file:
        file.write("a" * 1000)
    subprocess.run([program, "train", f"--data={corpus}", f"--init={init}", f"--steps={steps}", f"--log={log}",
                    "--quiet"], check=True)
    with open(log) as file:
        return [json.loads(line) for line in file]
