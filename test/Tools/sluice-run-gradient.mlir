// No error is as small as a negative tolerance: the check names the worst element and fails.
// RUN: not sluice-run %s --check-gradient --tolerance=-1 | FileCheck %s

// CHECK: gradient check failed: w[{{[0-9]+}}] has gradient {{.*}}, central difference {{.*}}, relative error
sluice.parameter @w : tensor<4x3xf32> {init = #sluice.normal<0.02>}
sluice.graph @train(%tokens: tensor<1x3xi32>, %targets: tensor<1x3xi32>) -> tensor<f32> {
  %w = sluice.read @w : tensor<4x3xf32>
  %x = sluice.embedding %tokens, %w : tensor<1x3xi32>, tensor<4x3xf32> to tensor<1x3x3xf32>
  %loss, %lse = sluice.linear_cross_entropy %x, %w, %targets
      : tensor<1x3x3xf32>, tensor<4x3xf32>, tensor<1x3xi32> to tensor<f32>, tensor<1x3xf32>
  sluice.return %loss : tensor<f32>
}
