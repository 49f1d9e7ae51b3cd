"""Trains a step from weights that need no rounding, and checks the error that it logs of their sums:
known-sums.py PROGRAM FOLDER. The program is test/Inputs/one-linear.json, whose operands are f8E5M2 and whose sums are
1-6-9. Its data are one token, so that all rows of the product are the same."""

import math
import random
import sys

import one_linear
from one_linear import WIDTH

random.seed(7)


def eight_bits():
    """A value of f8E5M2."""
    return random.choice([-1, 1]) * random.choice([1.0, 1.25, 1.5, 1.75]) * 2.0 ** random.randint(-6, 2)


def rounded(exact):
    """To 9 mantissa bits, of two that are as near the even one; no sum here is subnormal or too large."""
    if exact == 0:
        return 0.0
    place = 2.0 ** (math.frexp(exact)[1] - 10)
    return round(exact / place) * place


row = [eight_bits() for _ in range(WIDTH)]
matrix = [[eight_bits() for _ in range(WIDTH)] for _ in range(WIDTH)]
lines = one_linear.train(*sys.argv[1:], row, sum(matrix, []), [3.0] * WIDTH, steps=2)
errors = squares = 0.0
for column in range(WIDTH):
    exact = [row[k] * matrix[k][column] for k in range(WIDTH)]
    narrow = 0.0
    for product in exact:
        narrow = rounded(narrow + product)
    errors += (narrow - math.fsum(exact)) ** 2
    squares += math.fsum(exact) ** 2
expected = math.sqrt(errors / squares)
found = lines[0]["accumulation_error"]
assert expected > 1e-4 and abs(found - expected) < 1e-9 * expected, f"expected {expected}, found {found}"
assert "accumulation_error" not in lines[1], "expected no error in a step that measures none"
