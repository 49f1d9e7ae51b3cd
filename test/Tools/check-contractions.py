#!/usr/bin/env python3
"""check-contractions.py PLAN: the error report of --explain=json --measure of layers.json with --compute=hfp8
--accumulate=e6m5,chunk=8.

Layers have a width of 16, an MLP of 32 and 16 tokens a micro-batch. Generated code is as far off as is predicted."""
import json
import re
import sys

plan = json.load(open(sys.argv[1]))
values, errors = "e4m3b4", "f8E5M2"
expected = [("forward", 16, [values, values], 12), ("forward", 32, [values, values], 4),
            ("input gradient", 16, [errors, values], 8), ("input gradient", 32, [errors, values], 4),
            ("input gradient", 48, [errors, values], 4), ("weight gradient", 16, [values, errors], 16)]
kinds = plan["contractions"]
found = [(k["pass"], k["products"], k["operands"], k["count"]) for k in kinds]
assert found == expected, found

for kind in kinds:
    sums = [kind[key] for key in ("sum", "chunk", "across", "rounding", "order")]
    assert sums == ["e6m5", 8, "e6m5", "nearest-even", "sequential"], kind
    # One name a weight, of all layers.
    assert len(kind["weights"]) == kind["count"], kind
    assert all(re.fullmatch(r"h\.[0-3]\..*\.weight", name) for name in kind["weights"]), kind
    predicted, observed = kind["predicted_error"], kind["observed_error"]
    assert 0.001 < predicted < 0.2 and 0 < kind["predicted_error_deviation"] < 0.2 * predicted, kind
    assert abs(observed / predicted - 1) < 0.3, kind
    assert 0 < kind["retention"] <= 1, kind
    assert abs(kind["products"] * (1 - kind["retention"]) - kind["variance_lost"]) < 1e-9, kind

longest, shortest = kinds[4], kinds[2]
assert longest["predicted_error"] > shortest["predicted_error"], kinds
others = sorted((e["op"], e["count"], e["operands"]) for e in plan["exceptions"])
assert others == [("attention", 4, "bf16"), ("attention_backward", 4, "bf16"),
                  ("linear_cross_entropy_with_gradient", 1, "bf16")], others
