"""check-table.py TABLE.json: the values of every run and point follow from the logs."""

import json
import os
import statistics
import sys


def near(a, b):
    assert abs(a - b) <= 1e-9 * max(abs(a), abs(b)), (a, b)


table = json.load(open(sys.argv[1]))
folder = os.path.dirname(sys.argv[1])
for point in table["points"]:
    for run in point["runs"]:
        lines = [json.loads(line) for line in open(os.path.join(folder, run["log"]))]
        steps = [line for line in lines if "loss" in line]
        losses = {line["step"]: line["val_loss"] for line in lines if "val_loss" in line}
        assert run["steps"] == len(steps) == lines[-1]["step"]
        near(run["final_validation_loss"], lines[-1]["val_loss"])
        near(run["seconds"], sum(line["ms"] for line in steps) / 1e3)
        near(run["ms_per_step"], run["seconds"] * 1e3 / len(steps))
        # The curve has a point where losses are compared.
        near(run["loss_at_equal_steps"], losses[table["compared_at"]["steps"]])
        reached = [step for step in losses if losses[step] <= table["target"]]
        assert ("steps_to_target" in run) == bool(reached)
        if reached:
            assert reached[0] - 10 <= run["steps_to_target"] <= reached[0]
            near(run["flops_to_target"] / run["flops"], run["steps_to_target"] / run["steps"])
    values = [run["final_validation_loss"] for run in point["runs"]]
    near(point["final_validation_loss"]["mean"], statistics.mean(values))
    near(point["final_validation_loss"]["deviation"], statistics.stdev(values))
    assert point["final_validation_loss"]["n"] == len(values)
means = {point["name"]: point["final_validation_loss"]["mean"] for point in table["points"]}
assert table["best"]["rates"] == min((name for name in means if "rates" in name), key=means.get)
