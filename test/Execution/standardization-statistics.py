"""Inputs of a standardization loss, and a check of its results: standardization-statistics.py write|check."""

import json
import math
import random
import struct
import sys

rows, units, epsilon = 200, 70, 1e-6


def f32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


random.seed(0)
targets = [-1 if row % 7 == 3 else row for row in range(rows)]
# Ratios of mean to deviation from 0 to 1,000 of either sign.
ratios = [1000 * (-1) ** unit * (unit % 6) / 5 for unit in range(units)]
deviations = [0.5 + unit / units for unit in range(units)]
values = [
    [f32(1e6 if target < 0 else deviation * (ratio + random.gauss(0, 1))) for ratio, deviation in zip(ratios, deviations)]
    for target in targets
]

if sys.argv[1] == "write":
    x, t = f"tensor<{rows}x{units}xf32>", f"tensor<{rows}xi32>"
    results = f"tensor<f32>, tensor<{units}xf32>, tensor<{units}xf32>, tensor<4xf32>"
    print(f"""func.func @statistics(%x: {x} {{sluice.values = dense<{[[f"{v:.9e}" for v in row] for row in values]}> : {x}}},
                      %t: {t} {{sluice.values = dense<{targets}> : {t}}}) -> ({results}) {{
  %l, %m, %v, %r = sluice.standardization_loss %x, %t epsilon {epsilon:e} : {x}, {t} to tensor<f32>, tensor<{units}xf32>, tensor<4xf32>
  return %l, %m, %v, %r : {results}
}}""".replace("'", ""))
    sys.exit()

counted = [row for row, target in zip(values, targets) if target >= 0]
means = [math.fsum(row[unit] for row in counted) / len(counted) for unit in range(units)]
variances = [math.fsum((row[unit] - mean) ** 2 for row in counted) / len(counted) for unit, mean in enumerate(means)]
loss = math.fsum(m * m + v - math.log(v + epsilon) - 1 for m, v in zip(means, variances)) / 2
expected = [[loss], means, variances, [min(means), max(means), min(variances), max(variances)]]
found = [json.loads(line) for line in sys.stdin]
for what, reference, result in zip(("loss", "mean", "variance", "range"), expected, found, strict=True):
    result = result if isinstance(result, list) else [result]
    for index, (a, b) in enumerate(zip(reference, result, strict=True)):
        # A mean near 0 has no digits of its own beside the deviation.
        error = abs(a - b) / max(abs(a), 0.1)
        assert error < 1e-3, f"{what}[{index}]: expected {a}, found {b}"
