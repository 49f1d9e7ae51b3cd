"""stale-losses.py LOG REFERENCE RUN: fails unless every loss of the log is that of the reference's run to 1e-5."""

import json
import sys

log, reference, run = sys.argv[1:]
losses = [entry["loss"] for entry in map(json.loads, open(log)) if "loss" in entry]
expected = json.load(open(reference))[run]
assert len(losses) == len(expected) > 0, (len(losses), len(expected))
worst = max(abs(loss / wanted - 1) for loss, wanted in zip(losses, expected))
assert worst <= 1e-5, f"{worst}: {list(zip(losses, expected))}"
