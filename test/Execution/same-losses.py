"""Checks that two runs' logs hold the same losses to the last bit, and counts: same-losses.py LOG LOG."""

import json
import sys


KEYS = ("loss", "val_loss", "grad_norm", "saturated_values", "saturated_errors", "underflowed_values",
        "underflowed_errors")


def losses(path):
    return {line["step"]: [line.get(key) for key in KEYS] for line in map(json.loads, open(path))}


first, second = losses(sys.argv[1]), losses(sys.argv[2])
assert len(first) > 2, "expected several steps"
assert first == second, "\n".join(f"{s}: {first.get(s)} {second.get(s)}" for s in first if first.get(s) != second.get(s))
