"""Checks tensors of sums of kept elements, each times 1/(1 - rate) and divided by their number: kept-share.py RATE COUNT < TENSOR.

The mean of all is 1 within 4 standard errors, and sums vary as those of COUNT independent draws do."""

import json
import sys

rate, count = float(sys.argv[1]), int(sys.argv[2])


def flatten(values):
    return [number for value in values for number in flatten(value)] if isinstance(values, list) else [values]


sums = flatten(json.load(sys.stdin))
mean = sum(sums) / len(sums)
variance = sum((x - mean) ** 2 for x in sums) / len(sums)
expected = rate / (1 - rate) / count
print(f"mean {mean:.6f}, variance {variance:.3e} for {expected:.3e}")
assert abs(mean - 1) <= 4 * (expected / len(sums)) ** 0.5
assert abs(variance / expected - 1) <= 4 * (2 / len(sums)) ** 0.5
