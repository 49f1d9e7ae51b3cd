// RUN: sluice-opt %s --sluice-set-precision=compute=fp8-2018 --verify-diagnostics

// A chunk that holds all of the sum is none: a warning, and the sum as it is declared.
func.func @a_chunk_is_longer_than_the_sum(%x: tensor<4x63xf32>, %w: tensor<63x8xf32>, %v: tensor<8x64xf32>) {
  // expected-warning @below {{expected chunks shorter than the sum of 63 terms, found chunks of 64}}
  %0 = sluice.linear %x, %w : tensor<4x63xf32>, tensor<63x8xf32> to tensor<4x8xf32>
  %1 = sluice.linear %v, %v transposed : tensor<8x64xf32>, tensor<8x64xf32> to tensor<8x8xf32>
  return
}
