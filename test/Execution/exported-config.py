"""Checks that an exported folder is one that transformers open: exported-config.py ORIGINAL FOLDER.

GPT2LMHeadModel.from_pretrained wants `model_type`, and tensors of these names and shapes (Conv1D: inputs x outputs).
"""

import json
import struct
import sys

original = json.load(open(sys.argv[1]))
config = json.load(open(sys.argv[2] + "/config.json"))
assert config["model_type"] == "gpt2" and config["architectures"] == ["GPT2LMHeadModel"], config
assert config.get("dtype", "float32") == "float32", config
for key, value in original.items():
    assert key == "dtype" or config[key] == value, (key, config.get(key))

data = open(sys.argv[2] + "/model.safetensors", "rb").read()
header = json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])
assert header.pop("__metadata__")["format"] == "pt"
width, vocabulary = config["n_embd"], config["vocab_size"]
expected = {"wte.weight": [vocabulary, width], "wpe.weight": [config["n_positions"], width]}
for name in ["ln_f"] + [f"h.{i}.ln_{j}" for i in range(config["n_layer"]) for j in (1, 2)]:
    expected |= {name + ".weight": [width], name + ".bias": [width]}
for i in range(config["n_layer"]):
    linear = ("attn.c_attn", 1, 3), ("attn.c_proj", 1, 1), ("mlp.c_fc", 1, 4), ("mlp.c_proj", 4, 1)
    for name, inputs, outputs in linear:
        expected[f"h.{i}.{name}.weight"] = [inputs * width, outputs * width]
        expected[f"h.{i}.{name}.bias"] = [outputs * width]
if not config["tie_word_embeddings"]:
    expected = {"transformer." + name: shape for name, shape in expected.items()}
    expected["lm_head.weight"] = [vocabulary, width]
assert {name: t["shape"] for name, t in header.items()} == expected, sorted(header)
