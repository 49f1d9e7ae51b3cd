"""Checks that programs of one model with other stages, replicas or schedules train alike to the last bit:
stages.py FOLDER MODEL [FLAG ...] -- "FLAGS OF THE FIRST" "FLAGS OF ANOTHER" ..."""

import json
import os
import subprocess
import sys


def train(folder, model, flags):
    program = os.path.join(folder, "program")
    os.makedirs(folder)
    subprocess.run(["sluicec", model, *flags, "-o", program], check=True)
    data, log, checkpoint = model, os.path.join(folder, "log"), os.path.join(folder, "checkpoint")
    subprocess.run([program, "train", f"--data={data}", "--steps=20", f"--log={log}", f"--checkpoint-dir={checkpoint}",
                    "--threads=1", "--quiet"], check=True, timeout=120)
    keys = "step", "loss", "grad_norm", "layers_kept", "standardization_loss", "val_loss"
    told = [{key: line.get(key) for key in keys} for line in map(json.loads, open(log))]
    assert len(told) == 21, f"expected 20 steps and a validation loss, found {len(told)} lines"
    tensors = {}
    for name in sorted(os.listdir(checkpoint)):
        if name.endswith(".safetensors"):
            file = open(os.path.join(checkpoint, name), "rb").read()
            header = int.from_bytes(file[:8], "little")
            # The metadata name the run; what follows are tensors in one order.
            entries = {key: value for key, value in json.loads(file[8:8 + header]).items() if key != "__metadata__"}
            tensors[name] = (list(entries), file[8 + header:])
    assert len(tensors) == 2, "expected weights and state"
    return told, tensors


folder, model = sys.argv[1:3]
split = sys.argv.index("--")
common, variants = sys.argv[3:split], sys.argv[split + 1:]
results = [train(os.path.join(folder, str(i)), model, common + variant.split()) for i, variant in enumerate(variants)]
assert len({line["loss"] for line in results[0][0]}) > 10, "expected losses that change"
for variant, result in zip(variants[1:], results[1:]):
    for first, other in zip(results[0][0], result[0]):
        assert first == other, f"{variant}: expected {first}, found {other}"
    for name in results[0][1]:
        assert results[0][1][name] == result[1][name], f"{variant}: other bits in {name}"
