"""Contractions in bf16 beside NumPy: bf16-reference.py ops|pairs FUNCTION [OUTPUT].

Without OUTPUT prints a module with the function, for sluice-run; with it compares what sluice-run printed with products of rounded operands in f64. Every
result also has to be away from that of operands that are not rounded, so that a test that does not round cannot pass."""

import json
import sys

import numpy as np


def rounded(x):
    """The nearest bf16, of two that are as near the even one."""
    bits = np.asarray(x, np.float32).view(np.uint32).astype(np.uint64)
    result = ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)
    return np.where(np.isnan(x), np.float32(np.nan), result).astype(float)


def exact(x):
    return np.asarray(x, float)


random = np.random.default_rng(1)


def normal(*shape):
    return random.standard_normal(shape).astype(np.float32)


# Of each function the operands, the op with its results, and how NumPy computes these from operands that `r` rounds. %w0 is operand 0 that was rounded in memory and widened again.


def linear():
    x, w, bias = normal(2, 13, 37), normal(37, 50), normal(50)
    op = "sluice.linear %0, %1 bias %2 {compute_type = bf16}"
    return [x, w, bias], op, [(2, 13, 50)], lambda r: [r(x) @ r(w) + bias]


def weight_gradient():
    x, dy = normal(3, 41, 19), normal(3, 41, 30)
    op = "sluice.matmul %0, %1 transpose_lhs reduce_leading {compute_type = bf16}"
    return [x, dy], op, [(19, 30)], lambda r: [np.einsum("btm,btn->mn", r(x), r(dy))]


def rounded_in_memory(case, *numbers):
    operands, op, shapes, reference = case
    for number in numbers:
        op = op.replace(f"%{number}", f"%w{number}")
    return operands, op, shapes, reference


def narrow_linear():
    return rounded_in_memory(linear(), 0, 1)


def narrow_weight_gradient():
    return rounded_in_memory(weight_gradient(), 0)


def large():
    """Of several blocks, which threads share."""
    x, w = normal(130, 600), normal(200, 600)
    op = "sluice.linear %0, %1 transposed {compute_type = bf16}"
    return [x, w], op, [(130, 200)], lambda r: [r(x) @ r(w).T]


def extremes():
    """Ties go to the even neighbour, what is too large to infinity, and a NaN stays one whatever its bits are."""
    patterns = [0x3F808000, 0x3F818000, 0x3F808001, 0x3F807FFF, 0xBF818000, 0x7F7FFFFF, 0x7F800000, 0x7F800001, 0xFFFFFFFF, 0x00000000, 0x42F6E979]
    x = np.array(patterns, np.uint32).view(np.float32).reshape(-1, 1)
    w = np.ones((1, 3), np.float32)
    return [x, w], "sluice.matmul %0, %1 {compute_type = bf16}", [(len(patterns), 3)], lambda r: [r(x) @ r(w)]


heads = 2


def by_head(x):
    batch, sequence, width = x.shape
    return x.reshape(batch, sequence, heads, width // heads).transpose(0, 2, 1, 3)


def joined(x):
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


def scores_of(r, q, k):
    s = r(by_head(q)) @ r(by_head(k)).swapaxes(2, 3) / np.sqrt(q.shape[2] / heads)
    return np.where(np.tri(s.shape[2], dtype=bool), s, -1e30)


def attend(r, q, k, v):
    s = scores_of(r, q, k)
    p = np.exp(s - s.max(3, keepdims=True))
    total = p.sum(3, keepdims=True)
    return joined(r(p) @ r(by_head(v)) / total), (s.max(3, keepdims=True) + np.log(total))[..., 0]


def attention():
    q, k, v = (normal(2, 30, 24) for _ in range(3))
    op = "sluice.attention %0, %1, %2 heads 2 causal {compute_type = bf16}"
    return [q, k, v], op, [(2, 30, 24), (2, heads, 30)], lambda r: list(attend(r, q, k, v))


def attention_backward():
    dy, q, k, v = (normal(2, 30, 24) for _ in range(4))
    y, lse = (part.astype(np.float32) for part in attend(exact, q, k, v))

    def gradients(r):
        p = np.exp(scores_of(r, q, k) - lse[..., None])
        dp = r(by_head(dy)) @ r(by_head(v)).swapaxes(2, 3)
        ds = p * (dp - by_head(exact(dy) * y).sum(3, keepdims=True)) / np.sqrt(24 / heads)
        return [joined(r(ds) @ r(by_head(k))), joined(r(ds).swapaxes(2, 3) @ r(by_head(q))), joined(r(p).swapaxes(2, 3) @ r(by_head(dy)))]

    op = "sluice.attention_backward %0, %1, %2, %3, %4, %5 heads 2 causal {compute_type = bf16}"
    return [dy, q, k, v, y, lse], op, [(2, 30, 24)] * 3, gradients


def head_inputs():
    return normal(2, 11, 40), normal(70, 40), random.integers(0, 70, (2, 11)).astype(np.int32)


def loss():
    x, w, targets = head_inputs()

    def forward(r):
        logits = r(x) @ r(w).T
        lse = np.log(np.exp(logits).sum(2))
        return [(lse - np.take_along_axis(logits, targets[..., None], 2)[..., 0]).mean(), lse]

    return [x, w, targets], "sluice.linear_cross_entropy %0, %1, %2 {compute_type = bf16}", [(), (2, 11)], forward


def narrow_loss():
    return rounded_in_memory(loss(), 0)


def loss_backward():
    x, w, targets = head_inputs()
    g = np.array(0.7, np.float32)
    logits = rounded(x) @ rounded(w).T
    lse = np.log(np.exp(logits).sum(2)).astype(np.float32)

    def gradients(r):
        p = np.exp(r(x) @ r(w).T - lse[..., None])
        np.put_along_axis(p, targets[..., None], np.take_along_axis(p, targets[..., None], 2) - 1, 2)
        p *= g / targets.size
        return [r(p) @ r(w), np.einsum("btv,btc->vc", r(p), r(x))]

    return [g, x, w, targets, lse], "sluice.linear_cross_entropy_backward %0, %1, %2, %3, %4 {compute_type = bf16}", [(2, 11, 40), (70, 40)], gradients


def text_of(shape, kind, element):
    return f"{kind}<{''.join(f'{size}x' for size in shape)}{element}>"


def element_of(array):
    return "i32" if array.dtype == np.int32 else "f32"


def argument(index, array, kind):
    shape = text_of(array.shape, "tensor", element_of(array))
    return f'%{index}: {text_of(array.shape, kind, element_of(array))} {{sluice.values = dense<"0x{array.tobytes().hex()}"> : {shape}}}'


# How each op writes its types: the operands that it names, then the results.
types = {
    "linear": lambda a, results: (a, results),
    "matmul": lambda a, results: (a, results),
    "attention": lambda a, results: (a[:2], results[1:]),
    "attention_backward": lambda a, results: ([a[0], a[5]], []),
    "linear_cross_entropy": lambda a, results: (a, results),
    "linear_cross_entropy_backward": lambda a, results: (a, []),
}


def print_op(name, operands, op, shapes):
    inputs = [text_of(array.shape, "tensor", element_of(array)) for array in operands]
    results = [text_of(shape, "tensor", "f32") for shape in shapes]
    before, after = types[op.split()[0].removeprefix("sluice.")](inputs, results)
    print(f"func.func @{name}({', '.join(argument(i, a, 'tensor') for i, a in enumerate(operands))}) -> ({', '.join(results)}) {{")
    for i, wide in enumerate(inputs):
        if f"%w{i}" in op:
            narrow = wide.replace("f32", "bf16")
            print(f"  %n{i} = arith.truncf %{i} : {wide} to {narrow}\n  %w{i} = arith.extf %n{i} : {narrow} to {wide}")
    names = [f"%r{i}" for i in range(len(results))]
    print(f"  {', '.join(names)} = {op} : {', '.join(before)}{' to ' if after else ''}{', '.join(after)}")
    print(f"  return {', '.join(names)} : {', '.join(results)}\n}}")


# Pairs: sizes that leave rows, columns and a term over, and operands that lie either way.
products = {
    "small": (5, 7, 3, "NN"),
    "one_term": (9, 50, 1, "NN"),
    "odd": (13, 61, 37, "NT"),
    "transposed": (25, 33, 67, "TN"),
    "both": (20, 49, 35, "TT"),
    "whole": (24, 96, 64, "NN"),
    "blocks": (130, 170, 1027, "NT"),
    "gradient": (150, 100, 1001, "TN"),
    "kept": (70, 512, 300, "NN"),
    "narrow": (70, 90, 75, "NN"),
    "narrow_transposed": (70, 90, 75, "TT"),
    "together": (40, 210, 75, "NN"),
}
# What C holds before is overwritten: rows of C that share sets of a cache are kept elsewhere until they are complete.
overwritten = {"kept"}
# Both operands are bf16 in memory.
narrow = {"narrow", "narrow_transposed", "together"}


def pair(name):
    m, n, k, layout = products[name]
    a, b = normal(*((m, k) if layout[0] == "N" else (k, m))), normal(*((k, n) if layout[1] == "N" else (n, k)))
    return a, b, lambda r: [r(a if layout[0] == "N" else a.T) @ r(b if layout[1] == "N" else b.T)]


def print_pair(name, a, b):
    m, n, k, layout = products[name]
    c = np.full((m, n), name in overwritten, np.float32)
    maps = ["m, k" if layout[0] == "N" else "k, m", "k, n" if layout[1] == "N" else "n, k", "m, n"]
    indexing = ", ".join(f"affine_map<(m, n, k) -> ({each})>" for each in maps)
    shapes = [text_of(array.shape, "memref", "f32") for array in (a, b, c)]
    print(f"func.func @{name}(%step: memref<584xi8>, {', '.join(argument(i, x, 'memref') for i, x in enumerate((a, b, c)))}) {{")
    if name in overwritten:
        print(f"  %zero = arith.constant 0.0 : f32\n  linalg.fill ins(%zero : f32) outs(%2 : {shapes[2]})")
    factors = "%0, %1"
    if name in narrow:
        factors = "%n0, %n1"
        print("  %c0 = arith.constant 0 : index\n  %c1 = arith.constant 1 : index")
        for i in range(2):
            wide, shapes[i] = shapes[i], shapes[i].replace("f32", "bf16")
            print(f"  %n{i} = memref.alloc() : {shapes[i]}")
            rows, columns = (a, b)[i].shape
            print(f"  %rows{i} = arith.constant {rows} : index\n  %columns{i} = arith.constant {columns} : index")
            print(f"  scf.for %r = %c0 to %rows{i} step %c1 {{\n  scf.for %s = %c0 to %columns{i} step %c1 {{")
            print(f"    %x = memref.load %{i}[%r, %s] : {wide}\n    %y = arith.truncf %x : f32 to bf16\n    memref.store %y, %n{i}[%r, %s] : {shapes[i]}\n  }}\n  }}")
    print(f"  linalg.contract indexing_maps = [{indexing}] {{sluice.compute_type = bf16}}")
    print(f"    ins({factors} : {shapes[0]}, {shapes[1]}) outs(%2 : {shapes[2]})\n  return\n}}")


def parse(line):
    return np.array(json.loads(line.replace("-nan", "NaN").replace("nan", "NaN").replace("inf", "Infinity")), float)


def compare(found, expected, unrounded):
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(found[~finite], expected[~finite])
    scale = np.abs(expected[finite]).max()
    error, distance = (np.abs(expected[finite] - other[finite]).max() / scale for other in (found, unrounded))
    print(f"error {error:.1e}, of operands that are not rounded {distance:.1e}")
    # What an op computes in f32 and rounds then may be on the other side of a tie in f64.
    assert error < 0.1 * distance


kind, name = sys.argv[1:3]
if kind == "ops":
    operands, op, shapes, reference = globals()[name]()
else:
    a, b, reference = pair(name)
if len(sys.argv) == 3:
    print_op(name, operands, op, shapes) if kind == "ops" else print_pair(name, a, b)
else:
    lines = [parse(line) for line in open(sys.argv[3])]
    found = lines if kind == "ops" else lines[2:]
    with np.errstate(all="ignore"):
        expected, unrounded = ([np.asarray(each) for each in reference(r)] for r in (rounded, exact))
    assert len(found) == len(expected)
    for each in zip(found, expected, unrounded):
        compare(*each)
