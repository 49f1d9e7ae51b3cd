"""Checks that two runs' losses differ by at most a relative tolerance: close-losses.py LOG LOG TOLERANCE."""

import json
import sys

first, second = ([json.loads(line)["loss"] for line in open(path) if '"loss"' in line] for path in sys.argv[1:3])
assert len(first) == len(second) > 2, (len(first), len(second))
worst = max(abs(a / b - 1) for a, b in zip(first, second))
print(f"losses within {worst:.1e}")
assert worst <= float(sys.argv[3])
