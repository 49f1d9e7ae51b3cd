"""Trains a step from weights whose roundings are known, and checks what it counts: known-roundings.py PROGRAM FOLDER.
The program is test/Inputs/one-linear.json in f8E4M3FN, of 2 micro-batches. Its data are one token, so that the input of
the one matrix is the same row 32 times a step."""

import sys

import one_linear
from one_linear import WIDTH

# The format's largest number is 448, and 2^-10 is half of its smallest.
SATURATED, UNDERFLOWED = [1000.0, -449.0, 449.0], [2.0**-10, -(2.0**-11), 2.0**-30]
NEITHER = [448.0, 2.0**-9, 0.0, 1.0]

row = (SATURATED + UNDERFLOWED + NEITHER + [0.5] * WIDTH)[:WIDTH]
matrix = (2 * SATURATED[:2] + [449.0] + 2 * UNDERFLOWED + [2.0**-14] + [0.25] * WIDTH * WIDTH)[:WIDTH * WIDTH]
line = one_linear.train(*sys.argv[1:], row, matrix, [0.0] * WIDTH, steps=1)[0]
# Of 2 micro-batches, each of 16 rows. Forward and backward are one function, and round input and matrix once.
expected = 2 * (16 * 3 + 5), 2 * (16 * 3 + 7)
found = line["saturated_values"], line["underflowed_values"]
assert found == expected, f"expected {expected}, found {found}"
