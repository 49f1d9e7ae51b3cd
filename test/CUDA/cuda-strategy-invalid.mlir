// RUN: sluice-opt %s --split-input-file --verify-diagnostics --sluice-cuda-strategy

func.func @f64(%a: memref<32x32xf64>, %b: memref<32x32xf64>, %c: memref<32x32xf64>) {
  // expected-error @below {{has sums of 'f64'; CUDA computes contractions in f32}}
  linalg.matmul ins(%a, %b : memref<32x32xf64>, memref<32x32xf64>) outs(%c : memref<32x32xf64>)
  return
}

// -----

func.func @emulated(%a: memref<32x32xf32>, %b: memref<32x32xf32>, %c: memref<32x32xf32>) {
  // expected-error @below {{has sums of e6m9; CUDA sums in f32, without emulation}}
  linalg.matmul {sluice.accumulation = #sluice.accumulation<e6m9, chunk = 64>,
                 sluice.formats = [#sluice.format<f8E5M2>, #sluice.format<f8E5M2>]}
    ins(%a, %b : memref<32x32xf32>, memref<32x32xf32>) outs(%c : memref<32x32xf32>)
  return
}

// -----

func.func @dynamic(%a: memref<?x32xf32>, %b: memref<32x32xf32>, %c: memref<?x32xf32>) {
  // expected-error @below {{has a dynamic shape}}
  linalg.matmul ins(%a, %b : memref<?x32xf32>, memref<32x32xf32>) outs(%c : memref<?x32xf32>)
  return
}
