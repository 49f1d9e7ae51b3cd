"""Writes the weights of a GPT-2 as other tools would: weights.py FILE FOLDER."""

import json
import pathlib
import struct
import sys

folder = pathlib.Path(sys.argv[2])
data = pathlib.Path(sys.argv[1]).read_bytes()
size = struct.unpack("<Q", data[:8])[0]
tensors = {
    name: (t["dtype"], t["shape"], data[8 + size :][slice(*t["data_offsets"])])
    for name, t in json.loads(data[8 : 8 + size]).items()
    if name != "__metadata__"
}


def save(path, tensors):
    header, body = {}, b""
    for name, (dtype, shape, values) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(body), len(body) + len(values)]}
        body += values
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


save(folder / "prefixes.safetensors", {"module._orig_mod." + name: t for name, t in tensors.items()})

table = next(name for name in tensors if name.endswith("wte.weight"))
dtype, shape, values = tensors[table]
save(folder / "head.safetensors", {**tensors, "lm_head.weight": (dtype, shape, bytes([values[0] ^ 1]) + values[1:])})

shards = folder / "shards"
shards.mkdir()
names = sorted(tensors)
parts = {"model-1.safetensors": names[::2], "model-2.safetensors": names[1::2]}
for part, members in parts.items():
    save(shards / part, {name: tensors[name] for name in members})
weight_map = {name: part for part, members in parts.items() for name in members}
(shards / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))
