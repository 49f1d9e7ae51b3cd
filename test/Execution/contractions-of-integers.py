"""Contractions of small integers beside plain loops, as a module for sluice-run: contractions-of-integers.py.

Sums of such products are exact in f32 whatever their order, so that results are equal to the bit. Sizes leave over rows,
columns and terms of every register block, and fill it; the function returns the greatest difference and the greatest sum.
"""

# Rows, columns and terms; a matrix of at most 16 KiB is read where it lies. Of the last three panels of B are packed
# ahead: beside one that is not whole, in an odd number for each of two blocks of the sum, and for two blocks of rows.
SIZES = [(1, 1, 1), (5, 17, 7), (8, 48, 16), (13, 49, 33), (16, 64, 64), (24, 40, 300), (61, 80, 40), (33, 95, 21),
         (70, 130, 270), (9, 208, 530), (130, 272, 35),
         (64, 400, 512), (80, 144, 512), (1024, 176, 768)]
LAYOUTS = {"NN": ("(m, k)", "(k, n)"), "NT": ("(m, k)", "(n, k)"), "TN": ("(k, m)", "(k, n)"), "TT": ("(k, m)", "(n, k)")}

FILL = """  func.func private @{name}(%to: memref<{r}x{s}xf32>) {{
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c7 = arith.constant 7 : index
    %a = arith.constant {a} : index
    %b = arith.constant {b} : index
    %rows = arith.constant {r} : index
    %columns = arith.constant {s} : index
    %three = arith.constant 3.0 : f32
    scf.for %i = %c0 to %rows step %c1 {{
      scf.for %j = %c0 to %columns step %c1 {{
        %0 = arith.muli %i, %a : index
        %1 = arith.muli %j, %b : index
        %2 = arith.addi %0, %1 : index
        %3 = arith.remui %2, %c7 : index
        %4 = arith.index_cast %3 : index to i32
        %5 = arith.sitofp %4 : i32 to f32
        %6 = arith.subf %5, %three : f32
        memref.store %6, %to[%i, %j] : memref<{r}x{s}xf32>
      }}
    }}
    return
  }}"""

CASE = """  func.func private @{name}(%step: memref<584xi8>, %difference: memref<f32>, %greatest: memref<f32>) {{
    %zero = arith.constant 0.0 : f32
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %m = arith.constant {m} : index
    %n = arith.constant {n} : index
    %k = arith.constant {k} : index
    %a = memref.alloc() : memref<{ta}xf32>
    %b = memref.alloc() : memref<{tb}xf32>
    %c = memref.alloc() : memref<{m}x{n}xf32>
    func.call @{name}_a(%a) : (memref<{ta}xf32>) -> ()
    func.call @{name}_b(%b) : (memref<{tb}xf32>) -> ()
    linalg.fill ins(%zero : f32) outs(%c : memref<{m}x{n}xf32>)
    linalg.contract indexing_maps = [affine_map<(m, n, k) -> {a}>, affine_map<(m, n, k) -> {b}>, affine_map<(m, n, k) -> (m, n)>]
      ins(%a, %b : memref<{ta}xf32>, memref<{tb}xf32>) outs(%c : memref<{m}x{n}xf32>)
    scf.for %i = %c0 to %m step %c1 {{
      scf.for %j = %c0 to %n step %c1 {{
        %sum = scf.for %t = %c0 to %k step %c1 iter_args(%s = %zero) -> f32 {{
          %x = memref.load %a[{ia}] : memref<{ta}xf32>
          %y = memref.load %b[{ib}] : memref<{tb}xf32>
          %p = arith.mulf %x, %y : f32
          %q = arith.addf %s, %p : f32
          scf.yield %q : f32
        }}
        %found = memref.load %c[%i, %j] : memref<{m}x{n}xf32>
        %apart = arith.subf %found, %sum : f32
        %distance = math.absf %apart : f32
        %size = math.absf %sum : f32
        %d = memref.load %difference[] : memref<f32>
        %g = memref.load %greatest[] : memref<f32>
        %d1 = arith.maximumf %d, %distance : f32
        %g1 = arith.maximumf %g, %size : f32
        memref.store %d1, %difference[] : memref<f32>
        memref.store %g1, %greatest[] : memref<f32>
      }}
    }}
    memref.dealloc %a : memref<{ta}xf32>
    memref.dealloc %b : memref<{tb}xf32>
    memref.dealloc %c : memref<{m}x{n}xf32>
    return
  }}"""


def shape(dims, sizes):
    return "x".join(str(sizes[d]) for d in dims.strip("()").split(", "))


names = []
print("module {")
for m, n, k in SIZES:
    for layout, (a, b) in LAYOUTS.items():
        name = f"{layout}_{m}x{n}x{k}"
        sizes = {"m": m, "n": n, "k": k}
        at = {"m": "%i", "n": "%j", "k": "%t"}
        for operand, dims, factors in (("a", a, (3, 5)), ("b", b, (2, 4))):
            r, s = shape(dims, sizes).split("x")
            print(FILL.format(name=f"{name}_{operand}", r=r, s=s, a=factors[0], b=factors[1]))
        print(CASE.format(name=name, m=m, n=n, k=k, a=a, b=b, ta=shape(a, sizes), tb=shape(b, sizes),
                          ia=", ".join(at[d] for d in a.strip("()").split(", ")),
                          ib=", ".join(at[d] for d in b.strip("()").split(", "))))
        names.append(name)
print("  func.func @contractions(%step: memref<584xi8>, %difference: memref<f32>, %greatest: memref<f32>) {")
for name in names:
    print(f"    func.call @{name}(%step, %difference, %greatest) : (memref<584xi8>, memref<f32>, memref<f32>) -> ()")
print("    return\n  }\n}")
