// RUN: sluice-opt %s --sluice-standardization-loss --split-input-file --verify-diagnostics
// RUN: not sluice-opt %s --sluice-standardization-loss="site=nowhere" --split-input-file 2>&1 \
// RUN:   | FileCheck %s --check-prefix=SITE
// SITE: error: standardization loss expected site to be one of linear-output, input-of-norm, found 'nowhere'
// RUN: not sluice-opt %s --sluice-standardization-loss="lamda=1" --split-input-file 2>&1 \
// RUN:   | FileCheck %s --check-prefix=OPTION
// OPTION: no such option lamda
// RUN: not sluice-opt %s --sluice-standardization-loss="lambda=-1" --split-input-file 2>&1 \
// RUN:   | FileCheck %s --check-prefix=LAMBDA
// LAMBDA: error: standardization loss expected lambda of at least 0, found -1
// RUN: not sluice-opt %s --sluice-standardization-loss="site=input-of-norm" --split-input-file 2>&1 \
// RUN:   | FileCheck %s --check-prefix=NORM
// NORM: error: expected a normalization layer, whose input is standardized, found none

// expected-error @below {{expected a graph 'train', to whose loss terms are added}}
module {
}

// -----

sluice.parameter @wte : tensor<8x4xf32> {init = #sluice.normal<1.0>}
// expected-error @below {{expected a linear layer on the residual stream, which is standardized, found none}}
sluice.graph @train(%tokens: tensor<3xi32>, %targets: tensor<3xi32>) -> tensor<f32> {
  %wte = sluice.read @wte : tensor<8x4xf32>
  %x = sluice.embedding %tokens, %wte : tensor<3xi32>, tensor<8x4xf32> to tensor<3x4xf32>
  %loss, %lse = sluice.linear_cross_entropy %x, %wte, %targets
      : tensor<3x4xf32>, tensor<8x4xf32>, tensor<3xi32> to tensor<f32>, tensor<3xf32>
  sluice.return %loss : tensor<f32>
}

// -----

sluice.parameter @w : tensor<8x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @v : tensor<4x4xf32> {init = #sluice.normal<1.0>}
// expected-error @below {{expected a cross-entropy, whose targets say which positions count, found none}}
sluice.graph @train() -> tensor<f32> {
  %w = sluice.read @w : tensor<8x4xf32>
  %v = sluice.read @v : tensor<4x4xf32>
  %x = sluice.linear %w, %v : tensor<8x4xf32>, tensor<4x4xf32> to tensor<8x4xf32>
  %y = sluice.sum_leading %x : tensor<8x4xf32> to tensor<f32>
  sluice.return %y : tensor<f32>
}

// -----

sluice.parameter @wte : tensor<8x4xf32> {init = #sluice.normal<1.0>}
sluice.graph @train(%tokens: tensor<3xi32>, %targets: tensor<3xi32>) -> tensor<f32> {
  %wte = sluice.read @wte : tensor<8x4xf32>
  %x = sluice.embedding %tokens, %wte : tensor<3xi32>, tensor<8x4xf32> to tensor<3x4xf32>
  // expected-error @below {{expected a model without a standardization loss, found one}}
  %term, %m, %v, %r = sluice.standardization_loss %x, %targets epsilon 1.0e-06
      : tensor<3x4xf32>, tensor<3xi32> to tensor<f32>, tensor<4xf32>, tensor<4xf32>
  %loss, %lse = sluice.linear_cross_entropy %x, %wte, %targets
      : tensor<3x4xf32>, tensor<8x4xf32>, tensor<3xi32> to tensor<f32>, tensor<3xf32>
  %total = sluice.add %loss, %term : tensor<f32>, tensor<f32>
  sluice.return %total : tensor<f32>
}

// -----

sluice.parameter @w : tensor<8x4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @g : tensor<4xf32> {init = #sluice.normal<1.0>}
sluice.parameter @v : tensor<4x4xf32> {init = #sluice.normal<1.0>}
sluice.graph @train(%tokens: tensor<3xi32>, %targets: tensor<3xi32>) -> tensor<f32> {
  %w = sluice.read @w : tensor<8x4xf32>
  %g = sluice.read @g : tensor<4xf32>
  %v = sluice.read @v : tensor<4x4xf32>
  %x = sluice.embedding %tokens, %w : tensor<3xi32>, tensor<8x4xf32> to tensor<3x4xf32>
  // expected-error @below {{expected a norm whose statistics nothing else uses}}
  %n, %r = sluice.rms_norm %x, %g epsilon 1.0e-05 : tensor<3x4xf32>, tensor<4xf32> to tensor<3xf32>
  %f = sluice.linear %n, %v : tensor<3x4xf32>, tensor<4x4xf32> to tensor<3x4xf32>
  %loss, %lse = sluice.linear_cross_entropy %f, %w, %targets
      : tensor<3x4xf32>, tensor<8x4xf32>, tensor<3xi32> to tensor<f32>, tensor<3xf32>
  %s = sluice.sum_leading %r : tensor<3xf32> to tensor<f32>
  %total = sluice.add %loss, %s : tensor<f32>, tensor<f32>
  sluice.return %total : tensor<f32>
}
