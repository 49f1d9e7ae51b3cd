"""Checks a sum of powers of 4, each times 0 or its scale: kept-scales.py LEAST SCALE ... < SUM. At least LEAST are there; the first scale is of the highest power."""

import fractions
import itertools
import sys

least, scales = int(sys.argv[1]), [float(fractions.Fraction(text)) for text in sys.argv[2:]]
terms = [scale * 4 ** (len(scales) - 1 - index) for index, scale in enumerate(scales)]
found = float(sys.stdin.read())
kept = [kept for kept in itertools.product((0, 1), repeat=len(terms)) if abs(sum(k * t for k, t in zip(kept, terms)) - found) <= 1e-5 * found]
assert len(kept) == 1 and sum(kept[0]) >= least, (found, kept)
print("kept:", kept[0])
