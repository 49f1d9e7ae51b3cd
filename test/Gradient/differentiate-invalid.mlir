// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers),sluice-differentiate)" \
// RUN:   --split-input-file --verify-diagnostics

sluice.parameter @x : tensor<2x3x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @head : tensor<7x4xf32> {init = #sluice.normal<1.0>}

sluice.graph @train(%targets: tensor<2x3xi32>) -> tensor<f32> {
  %x = sluice.read @x : tensor<2x3x4xf32>
  %head = sluice.read @head : tensor<7x4xf32>
  // expected-error @below {{has no gradient, but the loss depends on a parameter through it}}
  %y = sluice.gelu_backward tanh %x, %x : tensor<2x3x4xf32>
  %loss, %lse = sluice.linear_cross_entropy %y, %head, %targets
      : tensor<2x3x4xf32>, tensor<7x4xf32>, tensor<2x3xi32> to tensor<f32>, tensor<2x3xf32>
  sluice.return %loss : tensor<f32>
}

// -----

sluice.parameter @x : tensor<6x4xf32> {init = #sluice.normal<1.0>}

sluice.graph @train(%targets: tensor<6xi32>, %target: tensor<i32>) -> tensor<f32> {
  %x = sluice.read @x : tensor<6x4xf32>
  // expected-error @below {{has no gradient through its mean, variance or range}}
  %term, %mean, %variance, %range = sluice.standardization_loss %x, %targets epsilon 1.0e-06
      : tensor<6x4xf32>, tensor<6xi32> to tensor<f32>, tensor<4xf32>, tensor<4xf32>
  %loss, %m, %v, %r = sluice.standardization_loss %variance, %target epsilon 1.0e-06
      : tensor<4xf32>, tensor<i32> to tensor<f32>, tensor<4xf32>, tensor<4xf32>
  sluice.return %loss : tensor<f32>
}
