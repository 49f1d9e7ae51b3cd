// RUN: sluice-run %s --check-gradient | FileCheck %s

// Of a square right side, so that no shape tells the transposed from the other.
// CHECK: gradient check passed

sluice.parameter @x : tensor<2x3x5xf64> {init = #sluice.normal<1.0>}
sluice.parameter @w : tensor<2x5x5xf64> {init = #sluice.normal<1.0>}
sluice.parameter @head : tensor<7x5xf64> {init = #sluice.normal<1.0>}

sluice.graph @train(%targets: tensor<2x3xi32>) -> tensor<f64> {
  %x = sluice.read @x : tensor<2x3x5xf64>
  %w = sluice.read @w : tensor<2x5x5xf64>
  %head = sluice.read @head : tensor<7x5xf64>
  %y = sluice.matmul %x, %w transpose_rhs : tensor<2x3x5xf64>, tensor<2x5x5xf64> to tensor<2x3x5xf64>
  %loss, %lse = sluice.linear_cross_entropy %y, %head, %targets
      : tensor<2x3x5xf64>, tensor<7x5xf64>, tensor<2x3xi32> to tensor<f64>, tensor<2x3xf64>
  sluice.return %loss : tensor<f64>
}
