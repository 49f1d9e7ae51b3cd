// The loss and its gradients, from logits that are computed once or twice, in one block of rows or in four of which the
// last is shorter.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(func.func(sluice-decompose-blocked))" \
// RUN:   | FileCheck %s --check-prefix=BLOCKS
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice-set-target,func.func( \
// RUN:   sluice-decompose-blocked,sluice-cpu-strategy,sluice-expand-contractions,sluice-vectorize-generics))" > %t.mlir
// RUN: sluice-run %t.mlir --function=apart > %t.apart
// RUN: not grep -E "nan|inf" %t.apart
// RUN: sluice-run %t.mlir --function=joined | diff %t.apart -
// RUN: sluice-run %t.mlir --function=joined_in_blocks | diff %t.apart -
// RUN: sluice-run %t.mlir --function=joined_in_blocks --threads=3 | diff %t.apart -

func.func @apart(%step: memref<584xi8>, %g: memref<f64>, %x: memref<2x5x5xf64>, %w: memref<13x5xf64>,
    %t: memref<2x5xi32> {sluice.values = dense<[[0, 12, -1, 3, 3], [7, -1, -1, 11, 5]]> : tensor<2x5xi32>},
    %dx: memref<2x5x5xf64>, %dw: memref<13x5xf64>, %loss: memref<f64>) {
  %lse = memref.alloc() : memref<2x5xf64>
  sluice.blocked_cross_entropy ins(%x, %w, %t : memref<2x5x5xf64>, memref<13x5xf64>, memref<2x5xi32>)
    outs(%loss, %lse : memref<f64>, memref<2x5xf64>) {block = array<i64: 13>}
  sluice.blocked_cross_entropy_backward
    ins(%g, %x, %w, %t, %lse : memref<f64>, memref<2x5x5xf64>, memref<13x5xf64>, memref<2x5xi32>, memref<2x5xf64>)
    outs(%dx, %dw : memref<2x5x5xf64>, memref<13x5xf64>) {block = array<i64: 13>}
  return
}

func.func @joined(%step: memref<584xi8>, %g: memref<f64>, %x: memref<2x5x5xf64>, %w: memref<13x5xf64>,
    %t: memref<2x5xi32> {sluice.values = dense<[[0, 12, -1, 3, 3], [7, -1, -1, 11, 5]]> : tensor<2x5xi32>},
    %dx: memref<2x5x5xf64>, %dw: memref<13x5xf64>, %loss: memref<f64>) {
  sluice.blocked_cross_entropy_with_gradient
    ins(%g, %x, %w, %t : memref<f64>, memref<2x5x5xf64>, memref<13x5xf64>, memref<2x5xi32>)
    outs(%loss, %dx, %dw : memref<f64>, memref<2x5x5xf64>, memref<13x5xf64>) {block = array<i64: 10, 13>}
  return
}

// BLOCKS-LABEL: @joined_in_blocks
// Rows of logits are an odd number of cache lines apart.
// BLOCKS-DAG: memref.alloc() : memref<1x3x24xf64>
// BLOCKS-DAG: memref.alloc() : memref<1x1x24xf64>
// BLOCKS-DAG: linalg.fill ins(%{{.*}}) outs(%arg6 : memref<13x5xf64>)
func.func @joined_in_blocks(%step: memref<584xi8>, %g: memref<f64>, %x: memref<2x5x5xf64>, %w: memref<13x5xf64>,
    %t: memref<2x5xi32> {sluice.values = dense<[[0, 12, -1, 3, 3], [7, -1, -1, 11, 5]]> : tensor<2x5xi32>},
    %dx: memref<2x5x5xf64>, %dw: memref<13x5xf64>, %loss: memref<f64>) {
  sluice.blocked_cross_entropy_with_gradient
    ins(%g, %x, %w, %t : memref<f64>, memref<2x5x5xf64>, memref<13x5xf64>, memref<2x5xi32>)
    outs(%loss, %dx, %dw : memref<f64>, memref<2x5x5xf64>, memref<13x5xf64>) {block = array<i64: 3, 13>}
  return
}
