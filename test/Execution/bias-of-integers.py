"""Products of small integers with a bias beside plain loops: bias-of-integers.py M K N prints a module, bias-of-integers.py M K N RESULT checks what it returned.

Sums of integers are exact in f32. Every column has a bias of its own, so that none can stand for another."""

import json
import sys

m, k, n = map(int, sys.argv[1:4])
x = [[(3 * i + 5 * j) % 7 - 3 for j in range(k)] for i in range(m)]
w = [[(2 * i + 4 * j) % 7 - 3 for j in range(n)] for i in range(k)]
bias = [100 * (j + 1) for j in range(n)]

if len(sys.argv) == 4:
    def values(tensor):
        return json.dumps([[float(v) for v in row] for row in tensor] if isinstance(tensor[0], list) else [float(v) for v in tensor])

    print(f"""func.func @linear(%x: tensor<{m}x{k}xf32> {{sluice.values = dense<{values(x)}> : tensor<{m}x{k}xf32>}},
    %w: tensor<{k}x{n}xf32> {{sluice.values = dense<{values(w)}> : tensor<{k}x{n}xf32>}},
    %b: tensor<{n}xf32> {{sluice.values = dense<{values(bias)}> : tensor<{n}xf32>}}) -> tensor<{m}x{n}xf32> {{
  %y = sluice.linear %x, %w bias %b : tensor<{m}x{k}xf32>, tensor<{k}x{n}xf32>, tensor<{n}xf32> to tensor<{m}x{n}xf32>
  return %y : tensor<{m}x{n}xf32>
}}""")
else:
    expected = [[sum(a * w[t][j] for t, a in enumerate(row)) + bias[j] for j in range(n)] for row in x]
    found = json.load(open(sys.argv[4]))
    wrong = [(i, j) for i in range(m) for j in range(n) if found[i][j] != expected[i][j]]
    assert not wrong, (len(wrong), wrong[:8])
    print(m, k, n, "equal")
