"""Sums over products of matrices of small integers beside plain loops: sums-of-products.py B M K N prints a module,
sums-of-products.py B M K N RESULT checks what it returned.

Sums of integers are exact in f32. The left sides lie one behind the other as they are, so that their sum does not run
along memory: it is a loop around the products."""

import json
import sys

b, m, k, n = map(int, sys.argv[1:5])
x = [[[(3 * s + 5 * i + 2 * t) % 7 - 3 for t in range(k)] for i in range(m)] for s in range(b)]
w = [[[(s + 2 * t + 4 * j) % 5 - 1 for j in range(n)] for t in range(k)] for s in range(b)]

if len(sys.argv) == 5:
    def argument(name, values, shape):
        text = json.dumps([[[float(v) for v in row] for row in matrix] for matrix in values])
        return f"%{name}: {shape} {{sluice.values = dense<{text}> : {shape}}}"

    left, right, result = f"tensor<{b}x{m}x{k}xf32>", f"tensor<{b}x{k}x{n}xf32>", f"tensor<{m}x{n}xf32>"
    print(f"""func.func @sums({argument("x", x, left)}, {argument("w", w, right)}) -> {result} {{
  %y = sluice.matmul %x, %w reduce_leading : {left}, {right} to {result}
  return %y : {result}
}}""")
else:
    expected = [[sum(x[s][i][t] * w[s][t][j] for s in range(b) for t in range(k)) for j in range(n)] for i in range(m)]
    found = json.load(open(sys.argv[5]))
    wrong = [(i, j) for i in range(m) for j in range(n) if found[i][j] != expected[i][j]]
    assert not wrong, (len(wrong), wrong[:8])
    print(b, m, k, n, "equal")
