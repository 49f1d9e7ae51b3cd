// Words that are no choice, numbers that are out of bounds, and layers that have no stream.
// RUN: split-file %s %t
// RUN: not sluice-opt %t/two.mlir --sluice-insert-layer-drop=granularity=word 2>&1 | FileCheck %s --check-prefix=WORD
// RUN: not sluice-opt %t/two.mlir --sluice-insert-layer-drop=gate=epoch 2>&1 | FileCheck %s --check-prefix=EPOCH
// RUN: not sluice-opt %t/two.mlir --sluice-insert-layer-drop=min-layers=-1 2>&1 | FileCheck %s --check-prefix=LEAST
// RUN: not sluice-opt %t/two.mlir --sluice-insert-layer-drop=min-layers=3 2>&1 | FileCheck %s --check-prefix=MOST
// RUN: not sluice-opt %t/two.mlir --sluice-insert-layer-drop=theta=1.5 2>&1 | FileCheck %s --check-prefix=THETA
// RUN: not sluice-opt %t/two.mlir --sluice-insert-layer-drop=gamma=slow 2>&1 | FileCheck %s --check-prefix=GAMMA
// RUN: sluice-opt %t/two.mlir --sluice-insert-layer-drop="theta=1 gamma=0 min-layers=2" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=BOUNDS
// RUN: sluice-opt %t/streamless.mlir --sluice-insert-layer-drop --verify-diagnostics

// WORD: error: layer drop expected granularity to be one of block, sublayer, found 'word'
// EPOCH: error: layer drop expected gate to be one of microbatch, step, found 'epoch'
// LEAST: error: layer drop expected min-layers of at least 0, found -1
// MOST: two.mlir:2:1: error: expected min-layers of at most 2, the number of layers, found 3
// THETA: error: layer drop expected theta in (0, 1], found 1.5
// GAMMA: error: layer drop expected gamma of at least 0, or auto, found 'slow'

// What is just within the bounds is taken; theta may be set up to 1, which counts, and gamma as low as 0.
// BOUNDS: remark: layers without normalization are dropped
// BOUNDS: {above = 0.000000e+00 : f64, {{.*}}most = 1.000000e+00 : f64, name = "theta", value = 1.000000e+00 : f64}
// BOUNDS-SAME: {{.*}}least = 0.000000e+00 : f64, name = "gamma", value = 0.000000e+00 : f64}

//--- two.mlir
// A stack of two layers.
sluice.graph @train(%t: tensor<3xi32>) -> tensor<f32> {
  %x = sluice.zero : tensor<f32>
  %y = sluice.layer "h.0" depth 1 of 2 (%a = %x : tensor<f32>) -> tensor<f32> {
    sluice.yield %a : tensor<f32>
  }
  %z = sluice.layer "h.1" depth 2 of 2 (%a = %y : tensor<f32>) -> tensor<f32> {
    sluice.yield %a : tensor<f32>
  }
  sluice.return %z : tensor<f32>
}

//--- streamless.mlir
sluice.graph @train(%t: tensor<3xi32>) -> tensor<f32> {
  // expected-error @below {{expected a layer that adds branches to its input, found one without input or result}}
  %y = sluice.layer "h.0" depth 1 of 2 () -> tensor<f32> {
    %x = sluice.zero : tensor<f32>
    sluice.yield %x : tensor<f32>
  }
  %z = sluice.layer "h.1" depth 2 of 2 (%a = %y : tensor<f32>) -> tensor<f32> {
    sluice.yield %a : tensor<f32>
  }
  sluice.return %z : tensor<f32>
}
