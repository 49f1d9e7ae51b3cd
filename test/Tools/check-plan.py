#!/usr/bin/env python3
"""check-plan.py PLAN INFO: the plan of --explain=json agrees with what `info --json` of the program says."""
import json
import sys

plan, info = (json.load(open(path)) for path in sys.argv[1:])
assert (plan["model"], plan["schedule"], plan["micro_batches"]) == ("layers", "gpipe", 8), plan
assert (plan["replicas"], plan["reduction_groups"]) == (2, 4), plan

stages = plan["stages"]
assert [(s["stage"], s["layers"], s["embeddings"], s["head"]) for s in stages] == \
    [(0, 2, True, False), (1, 2, False, True)], stages
for stage, told in zip(stages, info["stages"], strict=True):
    for key in ["parameters", "frames", "frame_bytes"]:
        assert stage[key] == told[key], (key, stage, told)
    parts = stage["weight_bytes"] + stage["gradient_bytes"] + stage["state_bytes"]
    assert stage["memory_bytes"] == parts + stage["frames"] * stage["frame_bytes"], stage
    assert stage["backward"] == 2 * stage["forward"] > 0, stage


def total(key):
    return plan["replicas"] * sum(stage[key] for stage in stages)


memory = info["memory_bytes"]
assert total("weight_bytes") == memory["parameters"], (stages, memory)
assert plan["replicas"] * sum(s["frames"] * s["frame_bytes"] for s in stages) == memory["frames"], (stages, memory)
# The norms of all stages lie together in whole cache lines; one of a parameter without a gradient has no slot.
missed = memory["persistent"] + memory["gradient_buffers"] - total("gradient_bytes") - total("state_bytes")
assert 0 <= missed < 64 * plan["replicas"], (missed, stages, memory)

assert 0 < plan["bubble"] < 1 and 2 < plan["speed_up"] < 4, plan
timeline = plan["timeline"]
assert timeline["period"] == plan["period"] and len(timeline["devices"]) == 4, timeline
for device in timeline["devices"]:
    stage = stages[device["actions"][0]["stage"]]
    for name in ("forward", "backward"):
        spans = [a for a in device["actions"] if a["name"] == name]
        assert [a["micro_batch"] for a in spans] == [4 * device["replica"] + m for m in range(4)], spans
        assert all(a["end"] - a["start"] == stage[name] for a in spans), (spans, stage)
    busy = 4 * (stage["forward"] + stage["backward"]) / plan["period"]
    assert abs(busy - stage["busy"]) < 1e-9, (busy, stage)
