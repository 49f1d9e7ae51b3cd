#!/usr/bin/env python3
"""check-stale-plan.py PLAN [UNDELAYED]: ages and weight versions of the plan of layers.json in stages of 1, 3 and 0 layers."""
import json
import sys

plan = json.load(open(sys.argv[1]))
stages = plan["stages"]
assert [s["age"] for s in stages] == [2, 1, 0], stages
assert [s["error_age"] for s in stages] == [1, 1, 0], stages
assert [s["activation_age"] for s in stages] == [0, 0, 0], stages
assert [s["weight_versions"] for s in stages] == [3, 2, 1], stages
assert [s["frames"] for s in stages] == [3, 2, 1], stages
# Backward of a layer reads the scales of two norms, four matrices, and of biases the one in front of the gelu, which it
# computes again. Tables have no versions.
layer = 4 * (2 * 16 + 16 * 48 + 16 * 16 + 16 * 32 + 32 + 32 * 16)
assert [s["older_weight_bytes"] for s in stages] == [2 * layer, 3 * layer, 0], (layer, stages)
for stage in stages:
    parts = sum(stage[f"{what}_bytes"] for what in ("weight", "gradient", "state", "older_weight"))
    assert stage["memory_bytes"] == parts + stage["frames"] * stage["frame_bytes"], stage
# With --tied-delay=1 the last stage has its gradient of the table twice.
assert plan["tied_delay"] == len(sys.argv) - 2, plan["tied_delay"]
if len(sys.argv) > 2:
    table = 4 * 256 * 16
    more = [s["gradient_bytes"] - t["gradient_bytes"]
            for s, t in zip(stages, json.load(open(sys.argv[2]))["stages"])]
    assert more == [0, 0, table], more
