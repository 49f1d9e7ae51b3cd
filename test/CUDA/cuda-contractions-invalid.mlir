// RUN: sluice-opt %s --split-input-file --verify-diagnostics --sluice-cuda-contractions

func.func @no_strategy(%a: memref<32x32xf32>, %b: memref<32x32xf32>, %c: memref<32x32xf32>) {
  // expected-error @below {{has no 'sluice_cuda.strategy'; a strategy pass of the target sets it}}
  linalg.matmul ins(%a, %b : memref<32x32xf32>, memref<32x32xf32>) outs(%c : memref<32x32xf32>)
  return
}

// -----

func.func @triangle_of_no_loop(%a: memref<32x32xf32>, %b: memref<32x32xf32>, %c: memref<32x32xf32>) {
  // expected-error @below {{expected 'sluice.triangle' to be two of its 3 loops, as array<i64: row, column>}}
  linalg.matmul {sluice.triangle = array<i64: 0, 3>,
                 sluice_cuda.strategy = #sluice_cuda.strategy<instruction = fma, block = [32, 32, 8], warp = [16, 32],
                                                              stages = 3, group = 8, parts = 1>}
    ins(%a, %b : memref<32x32xf32>, memref<32x32xf32>) outs(%c : memref<32x32xf32>)
  return
}

// -----

func.func @mma_of_f32(%a: memref<32x32xf32>, %b: memref<32x32xf32>, %c: memref<32x32xf32>) {
  // expected-error @below {{expected a strategy of 'fma': operands are not rounded}}
  linalg.matmul {sluice_cuda.strategy = #sluice_cuda.strategy<instruction = mma, block = [32, 32, 16], warp = [16, 32],
                                                              stages = 3, group = 8, parts = 1>}
    ins(%a, %b : memref<32x32xf32>, memref<32x32xf32>) outs(%c : memref<32x32xf32>)
  return
}

// -----

func.func @fma_of_f16(%a: memref<32x32xf32>, %b: memref<32x32xf32>, %c: memref<32x32xf32>) {
  // expected-error @below {{expected a strategy of 'mma': threads round to bf16 alone, not to 'f16'}}
  linalg.matmul {sluice.compute_type = f16,
                 sluice_cuda.strategy = #sluice_cuda.strategy<instruction = fma, block = [32, 32, 8], warp = [16, 32],
                                                              stages = 3, group = 8, parts = 1>}
    ins(%a, %b : memref<32x32xf32>, memref<32x32xf32>) outs(%c : memref<32x32xf32>)
  return
}

// -----

func.func @few_terms(%a: memref<32x32xf32>, %b: memref<32x32xf32>, %c: memref<32x32xf32>) {
  // expected-error @below {{expected a strategy whose blocks have a multiple of 16 terms, found 8}}
  linalg.matmul {sluice.compute_type = bf16,
                 sluice_cuda.strategy = #sluice_cuda.strategy<instruction = mma, block = [32, 32, 8], warp = [16, 32],
                                                              stages = 3, group = 8, parts = 1>}
    ins(%a, %b : memref<32x32xf32>, memref<32x32xf32>) outs(%c : memref<32x32xf32>)
  return
}

// -----

func.func @stages_of_tf32(%a: memref<32x32xf32>, %b: memref<32x32xf32>, %c: memref<32x32xf32>) {
  // expected-error @below {{expected a strategy with at most 49152 bytes of shared memory, found 98304}}
  linalg.matmul {sluice.compute_type = tf32,
                 sluice_cuda.strategy = #sluice_cuda.strategy<instruction = mma, block = [128, 128, 32],
                                                              warp = [64, 32], stages = 3, group = 8, parts = 1>}
    ins(%a, %b : memref<32x32xf32>, memref<32x32xf32>) outs(%c : memref<32x32xf32>)
  return
}

// -----

func.func @many_stages(%a: memref<32x32xf32>, %b: memref<32x32xf32>, %c: memref<32x32xf32>) {
  // expected-error @below {{expected a strategy with at most 49152 bytes of shared memory, found 65536}}
  linalg.matmul {sluice_cuda.strategy = #sluice_cuda.strategy<instruction = fma, block = [128, 128, 16],
                                                              warp = [32, 64], stages = 4, group = 8, parts = 1>}
    ins(%a, %b : memref<32x32xf32>, memref<32x32xf32>) outs(%c : memref<32x32xf32>)
  return
}
