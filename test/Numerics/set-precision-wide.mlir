// RUN: sluice-opt %s --sluice-set-precision=compute=fp8-2018 --verify-diagnostics

// One error, whatever else is of f64.
func.func @should_refuse_f64(%x: tensor<2x4xf64>, %w: tensor<4x4xf64>) -> tensor<2x4xf64> {
  // expected-error @below {{'sluice.linear' op expected operands of f32 to round and to sum, found 'f64'}}
  %y = sluice.linear %x, %w : tensor<2x4xf64>, tensor<4x4xf64> to tensor<2x4xf64>
  %z = sluice.linear %y, %w : tensor<2x4xf64>, tensor<4x4xf64> to tensor<2x4xf64>
  return %z : tensor<2x4xf64>
}
