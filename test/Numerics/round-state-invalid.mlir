// RUN: sluice-opt %s --split-input-file --sluice-round-state --verify-diagnostics
// RUN: not sluice-opt %s --sluice-round-state=format=e4m3b4 2>&1 | FileCheck %s --check-prefix=FORMAT
// RUN: not sluice-opt %s --sluice-round-state=format=e6m22 2>&1 | FileCheck %s --check-prefix=WIDE
// RUN: not sluice-opt %s --sluice-round-state=format=half 2>&1 | FileCheck %s --check-prefix=NAME

// FORMAT: error: expected a format of weights with infinities and at most 21 mantissa bits, such as e6m9,
// FORMAT-SAME: found 'e4m3b4'
// WIDE: error: expected a format of weights with infinities and at most 21 mantissa bits, such as e6m9,
// WIDE-SAME: found 'e6m22'
// NAME: error: expected a format of weights with infinities and at most 21 mantissa bits, such as e6m9,
// NAME-SAME: found 'half': {{.}}

func.func private @update.w(%w: tensor<4x4xf32>, %g: tensor<4x4xf32>, %m: tensor<4x4xf32>, %x: tensor<f32>)
    -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  // expected-error @below {{expected the optimizer 'adamw' or 'sgd' to round weights to e6m9, found 'muon', whose}}
  %new:2 = sluice.muon parameters(%w) gradients(%g) momenta(%m) scalars(%x, %x, %x, %x) parts 1
      : (tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>)
      -> (tensor<4x4xf32>, tensor<4x4xf32>)
  return %new#0, %new#1 : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// What is updated has to have a name to draw by.
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<1.0>}
sluice.slot gradient @gradient.w : tensor<4xf32> of @w
func.func @train.update() {
  %w = sluice.fetch @gradient.w : tensor<4xf32>
  %x = sluice.scalar "learning_rate" : tensor<f32>
  // expected-error @below {{expected the parameter that is updated as first operand, found another value}}
  %new:2 = call @update.v(%w, %w, %w, %x) : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<f32>)
      -> (tensor<4xf32>, tensor<4xf32>)
  return
}
func.func private @update.v(%w: tensor<4xf32>, %g: tensor<4xf32>, %m: tensor<4xf32>, %x: tensor<f32>)
    -> (tensor<4xf32>, tensor<4xf32>) {
  %new:2 = sluice.sgd %w, %g, %m scalars(%x, %x, %x, %x)
      : tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  return %new#0, %new#1 : tensor<4xf32>, tensor<4xf32>
}
