"""Compares a run's log with an independent program's losses: compare-losses.py LOG EXPECTED."""

import json
import sys

log = [json.loads(line) for line in open(sys.argv[1])]
expected = json.load(open(sys.argv[2]))
losses = [line["loss"] for line in log if "loss" in line]
assert len(losses) == len(expected["losses"]), f"expected {len(expected['losses'])} losses, found {len(losses)}"
worst = max(abs(found / wanted - 1) for found, wanted in zip(losses, expected["losses"]))
norm = abs(log[0]["grad_norm"] / expected["grad_norm_step0"] - 1)
print(f"losses within {worst:.1e}, gradient norm within {norm:.1e}")
assert worst <= 1e-4 and norm <= 1e-3
