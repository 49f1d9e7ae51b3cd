"""Checks that two rows of independent draws with a chance of one half differ in half of their elements, within 4 standard errors: differing.py < TWO ROWS.

One row of an even number of groups, [[a], [b], ...], is taken as pairs."""

import json
import math
import sys


def flatten(values):
    return [number for value in values for number in flatten(value)] if isinstance(values, list) else [values]


rows = [flatten(json.loads(line)) for line in sys.stdin if line.strip()]
assert len(rows) == 2 and len(rows[0]) == len(rows[1]), [len(row) for row in rows]
count, differing = len(rows[0]), sum(a != b for a, b in zip(*rows))
print(differing, "of", count, "differ")
assert abs(differing - count / 2) <= 4 * math.sqrt(count) / 2
