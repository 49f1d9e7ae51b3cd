// RUN: sluice-opt %s --split-input-file --verify-diagnostics --sluice-cuda-attention

func.func @f64(%q: memref<1x64x32xf64>, %k: memref<1x64x32xf64>, %v: memref<1x64x32xf64>,
    %result: memref<1x64x32xf64>, %logsumexp: memref<1x1x64xf64>) {
  // expected-error @below {{has results of 'f64'; CUDA computes attention in f32}}
  sluice.blocked_attention ins(%q, %k, %v : memref<1x64x32xf64>, memref<1x64x32xf64>, memref<1x64x32xf64>)
    outs(%result, %logsumexp : memref<1x64x32xf64>, memref<1x1x64xf64>) {causal, heads = 1, ordinal = 0}
  return
}

// -----

func.func @wide(%q: memref<1x64x256xf32>, %k: memref<1x64x256xf32>, %v: memref<1x64x256xf32>,
    %result: memref<1x64x256xf32>, %logsumexp: memref<1x1x64xf32>) {
  // expected-error @below {{has heads of width 256; CUDA has kernels for at most 128}}
  sluice.blocked_attention ins(%q, %k, %v : memref<1x64x256xf32>, memref<1x64x256xf32>, memref<1x64x256xf32>)
    outs(%result, %logsumexp : memref<1x64x256xf32>, memref<1x1x64xf32>) {causal, heads = 1, ordinal = 0}
  return
}
