#!/usr/bin/env python3
"""Products of tiles of bf16 as plain vector arithmetic, for processors without a matrix unit: reads a module that sluice-expand-contractions made, writes it without ops of amx."""

import re
import sys

size, terms = 16, 32
sums, operands = f"vector<{size * size}xf32>", f"vector<{size * terms}xbf16>"


def slice_of(tile, type_, r, row_type):
    """Row r of a tile, which is a vector of all its elements."""
    width = row_type.split("x")[0].removeprefix("vector<")
    return f"vector.extract_strided_slice {tile} {{offsets = [{r * int(width)}], sizes = [{width}], strides = [1]}} : {type_} to {row_type}"


def with_row(row, row_type, tile, type_, r):
    width = int(row_type.split("x")[0].removeprefix("vector<"))
    return f"vector.insert_strided_slice {row}, {tile} {{offsets = [{r * width}], strides = [1]}} : {row_type} into {type_}"


def zero(result, _):
    yield f"%{result} = arith.constant dense<0.0> : {sums}"


def rows(name, base, indices, stride):
    """Where each row of a tile is: its offset is added to the only index, or its number to the first of two."""
    *first, last = indices
    for r in range(size):
        yield f"%{name}_o{r} = arith.constant {r if first else r * stride} : index"
        yield f"%{name}_p{r} = arith.addi {(first or [last])[0]}, %{name}_o{r} : index"


def place(name, base, indices, r):
    return f"{base}[{', '.join([f'%{name}_p{r}', *indices[1:]])}]"


def load(result, text):
    base, indices, stride, memref = re.match(r"(\S+)\[(.*?)\], %c(\d+) : (memref<.*>) into", text).groups()
    indices = indices.split(", ")
    yield from rows(result, base, indices, int(stride))
    yield f"%{result}_0 = arith.constant dense<0.0> : {operands}"
    for r in range(size):
        yield f"%{result}_v{r} = vector.load {place(result, base, indices, r)} : {memref}, vector<{terms}xbf16>"
        name = f"{result}_{r + 1}" if r + 1 < size else result
        yield f"%{name} = " + with_row(f"%{result}_v{r}", f"vector<{terms}xbf16>", f"%{result}_{r}", operands, r)


def store(name, text):
    base, indices, value, memref = re.match(r"(\S+)\[(.*?)\], (\S+) : (memref<.*>), ", text).groups()
    indices = indices.split(", ")
    yield from rows(name, base, indices, 0)
    for r in range(size):
        yield f"%{name}_v{r} = " + slice_of(value, sums, r, f"vector<{size}xf32>")
        yield f"vector.store %{name}_v{r}, {place(name, base, indices, r)} : {memref}, vector<{size}xf32>"


def multiply(result, text):
    a, b, c = re.match(r"(\S+), (\S+), (\S+) :", text).groups()
    n = result
    for p in range(size):
        yield f"%{n}_b{p} = " + slice_of(b, operands, p, f"vector<{terms}xbf16>")
        yield f"%{n}_e{p}, %{n}_f{p} = vector.deinterleave %{n}_b{p} : vector<{terms}xbf16> -> vector<{size}xbf16>"
        for half in "ef":
            yield f"%{n}_{half}w{p} = arith.extf %{n}_{half}{p} : vector<{size}xbf16> to vector<{size}xf32>"
    for r in range(size):
        yield f"%{n}_s{r}_0 = " + slice_of(c, sums, r, f"vector<{size}xf32>")
        for k in range(terms):
            half = "ef"[k % 2]
            yield f"%{n}_a{r}_{k} = vector.extract {a}[{r * terms + k}] : bf16 from {operands}"
            yield f"%{n}_x{r}_{k} = arith.extf %{n}_a{r}_{k} : bf16 to f32"
            yield f"%{n}_y{r}_{k} = vector.broadcast %{n}_x{r}_{k} : f32 to vector<{size}xf32>"
            yield f"%{n}_s{r}_{k + 1} = vector.fma %{n}_y{r}_{k}, %{n}_{half}w{k // 2}, %{n}_s{r}_{k} : vector<{size}xf32>"
        name, before = (f"{n}_c{r}" if r + 1 < size else n), (f"%{n}_c{r - 1}" if r else c)
        yield f"%{name} = " + with_row(f"%{n}_s{r}_{terms}", f"vector<{size}xf32>", before, sums, r)


ops = {"zero": zero, "load": load, "store": store, "mulf": multiply}
for number, line in enumerate(sys.stdin):
    # Numbers alone are no prefix of a name.
    line = re.sub(r"%(\d+)", r"%v\1", line)
    if found := re.match(r"\s*(?:%(\w+) = )?amx\.tile_(\w+) ?(.*)", line):
        result, op, text = found.groups()
        print("\n".join(ops[op](result or f"line{number}", text)))
    else:
        print(line.replace(f"!amx.tile<{size}x{size}xf32>", sums).replace(f"!amx.tile<{size}x{terms}xbf16>", operands), end="")
