"""Checks that programs of one model with other stages, replicas or schedules train alike to the last bit:
stages.py FOLDER MODEL [FLAG ...] -- "FLAGS OF THE FIRST" "FLAGS OF ANOTHER" ...
Flags are sluicec's; --set=NAME=VALUE, and what is behind --run=, are the programs'."""

import json
import os
import subprocess
import sys


def run(*command):
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stdout}")


def train(folder, model, flags, data=None):
    """What 20 steps of a program with these flags tell, and the bytes of the tensors that they leave."""
    program, log, checkpoint = (os.path.join(folder, name) for name in ("program", "log", "checkpoint"))
    os.makedirs(folder)
    run_flags = [flag for flag in flags if flag.startswith(("--set=", "--run="))]
    run("sluicec", model, *(flag for flag in flags if flag not in run_flags), "-o", program)
    run(program, "train", f"--data={data or model}", "--steps=20", f"--log={log}", f"--checkpoint-dir={checkpoint}",
        "--threads=1", "--quiet", *(flag.removeprefix("--run=") for flag in run_flags))
    keys = ("step", "loss", "grad_norm", "layers_kept", "standardization_loss", "val_loss", "loss_scale", "skipped",
            "saturated_values", "saturated_errors", "underflowed_values", "underflowed_errors", "accumulation_error")
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


def find_difference(expected, found):
    """What differs between two results of train(); none if nothing does."""
    for first, other in zip(expected[0], found[0]):
        if first != other:
            return f"expected {first}, found {other}"
    for name in expected[1]:
        if expected[1][name] != found[1].get(name):
            return f"other bits in {name}"
    return None


def main():
    folder, model = sys.argv[1:3]
    split = sys.argv.index("--")
    common, variants = sys.argv[3:split], sys.argv[split + 1:]
    results = [train(os.path.join(folder, str(i)), model, common + flags.split()) for i, flags in enumerate(variants)]
    assert len({line["loss"] for line in results[0][0]}) > 10, "expected losses that change"
    for flags, result in zip(variants[1:], results[1:]):
        difference = find_difference(results[0], result)
        assert not difference, f"{flags}: {difference}"


if __name__ == "__main__":
    main()
