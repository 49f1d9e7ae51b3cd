"""Attention by all scores at once, in f64: attention-reference.py {causal|whole} SEQUENCE HEADWIDTH [VALUES].

Prints a module whose function @attention computes the op and its gradient on random operands; with VALUES, what
sluice-run printed of it, compares."""
import json
import sys

import numpy as np

form, sequence, width = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
batch, heads = 2, 2
random = np.random.default_rng(sequence)
dy, q, k, v = (random.normal(size=(batch, sequence, heads * width)).astype(np.float32) for _ in range(4))

if len(sys.argv) == 4:
    joined = f"tensor<{batch}x{sequence}x{heads * width}xf32>"
    rows = f"tensor<{batch}x{heads}x{sequence}xf32>"
    arguments = ", ".join(f'%{name}: {joined} {{sluice.values = dense<"0x{x.tobytes().hex()}"> : {joined}}}' for name, x in zip(("dy", "q", "k", "v"), (dy, q, k, v)))
    how = f"heads {heads}" + (" causal" if form == "causal" else "")
    print(f"""func.func @attention({arguments}) -> ({joined}, {rows}, {joined}, {joined}, {joined}) {{
  %y, %lse = sluice.attention %q, %k, %v {how} : {joined}, {joined} to {rows}
  %dq, %dk, %dv = sluice.attention_backward %dy, %q, %k, %v, %y, %lse {how} : {joined}, {rows}
  return %y, %lse, %dq, %dk, %dv : {joined}, {rows}, {joined}, {joined}, {joined}
}}""")
    sys.exit()


def by_head(x):
    return x.astype(float).reshape(batch, sequence, heads, width).transpose(0, 2, 1, 3)


def joined(x):
    return x.transpose(0, 2, 1, 3).reshape(batch, sequence, heads * width)


s = by_head(q) @ by_head(k).swapaxes(2, 3) / np.sqrt(width)
if form == "causal":
    s[..., ~np.tri(sequence, dtype=bool)] = -np.inf
lse = np.log(np.exp(s).sum(3))
p = np.exp(s - lse[..., None])
y = p @ by_head(v)
dp = by_head(dy) @ by_head(v).swapaxes(2, 3)
ds = p * (dp - (by_head(dy) * y).sum(3, keepdims=True)) / np.sqrt(width)
expected = [joined(y), lse, joined(ds @ by_head(k)), joined(ds.swapaxes(2, 3) @ by_head(q)), joined(p.swapaxes(2, 3) @ by_head(dy))]
found = [np.array(json.loads(line)) for line in open(sys.argv[4])]
assert len(found) == len(expected)
for x, y in zip(found, expected):
    error = np.abs(x - y).max() / np.abs(y).max()
    print(f"error {error:.1e}")
    assert error < 1e-5  # of values printed with six digits
