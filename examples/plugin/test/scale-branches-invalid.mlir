// RUN: sluice-opt %s --load-pass-plugin=%plugin --pass-pipeline="builtin.module(scale-branches)" \
// RUN:   --split-input-file --verify-diagnostics
// RUN: not sluice-opt %S/scale-branches.mlir --load-pass-plugin=%plugin \
// RUN:   --pass-pipeline="builtin.module(scale-branches{power=-1})" 2>&1 | FileCheck %s
// CHECK: error: scale-branches expected power of at least 0, found -1

// expected-error @below {{scale-branches expected layers with branches, found none}}
sluice.graph @train(%t: tensor<3xi32>) -> tensor<f32> {
  %l = sluice.zero : tensor<f32>
  sluice.return %l : tensor<f32>
}

// -----

sluice.graph @train(%t: tensor<3xi32>) -> tensor<f32> {
  %x = sluice.zero : tensor<3x4xf32>
  // expected-error @below {{expected a layer that adds branches to its input}}
  %y = sluice.layer "h.0" depth 1 of 1 (%a = %x : tensor<3x4xf32>) -> tensor<3x4xf32> {
    // expected-note @below {{the stream goes through this}}
    %g = sluice.gelu tanh %a : tensor<3x4xf32>
    sluice.yield %g : tensor<3x4xf32>
  }
  %l = sluice.zero : tensor<f32>
  sluice.return %l : tensor<f32>
}
