// RUN: sluice-opt %s --sluice-set-precision=compute=bf16 --verify-diagnostics
// RUN: not sluice-opt %s --sluice-set-precision=compute=fp4 2>&1 | FileCheck %s

// RUN: not sluice-opt %s --sluice-set-precision=accumulate=e6m9,chunk=0 2>&1 | FileCheck %s --check-prefix=CHUNK
// RUN: not sluice-opt %s --sluice-set-precision=compute=f16,scale=row 2>&1 | FileCheck %s --check-prefix=SCALE
// RUN: not sluice-opt %s --sluice-set-precision=compute=bf16,scale=tensor 2>&1 | FileCheck %s --check-prefix=NATIVE

// SCALE: error: expected f16,scale=none, tensor or blocks, found 'f16,scale=row'
// NATIVE: error: expected a policy that rounds to a format beside scale=tensor, found bf16
// CHECK: error: expected one of f32, bf16, tf32, f16, f8E5M2, f8E4M3FN, e4m3b4, fp8-2018, hfp8,
// CHECK-SAME: hopper-fp8 to compute in, found 'fp4'
// CHUNK: error: expected a chunk of at least 1, found 0

// One error, whatever else is of f64.
func.func @should_refuse_f64(%x: tensor<2x4xf64>, %w: tensor<4x4xf64>) -> tensor<2x4xf64> {
  // expected-error @below {{'sluice.linear' op expected operands of f32 to round to 'bf16', found 'f64'}}
  %y = sluice.linear %x, %w : tensor<2x4xf64>, tensor<4x4xf64> to tensor<2x4xf64>
  %z = sluice.linear %y, %w : tensor<2x4xf64>, tensor<4x4xf64> to tensor<2x4xf64>
  return %z : tensor<2x4xf64>
}
