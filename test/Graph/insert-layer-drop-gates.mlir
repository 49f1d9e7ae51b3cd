// Which layers get a gate, and what a gate changes of a layer.
// RUN: sluice-opt %s --split-input-file --sluice-insert-layer-drop=gate=step | FileCheck %s
// RUN: sluice-opt %s --split-input-file --sluice-insert-layer-drop="schedule=constant min-layers=1" \
// RUN:   | FileCheck %s --check-prefix=CONSTANT

// Layers without a depth, in front of and behind the stack, run always, and so does the head.
// CHECK-LABEL: sluice.graph @train
// CHECK: %[[KEEP:.*]] = sluice.bernoulli step
// CHECK: sluice.layer "embeddings" (
// CHECK: sluice.layer "h.0" depth 1 of 2 gate %[[KEEP]][0] : tensor<2xf64>
// CHECK: sluice.layer "h.1" depth 2 of 2 gate %[[KEEP]][1] : tensor<2xf64>
// CHECK: sluice.layer "head" (

// With a constant schedule the probability is known but for theta: no exponential, no step.
// CONSTANT-LABEL: sluice.graph @train
// CONSTANT: sluice.scalar "theta"
// CONSTANT-NOT: sluice.scalar
// CONSTANT: %[[P:.*]]:2 = linalg.generic
// CONSTANT-NOT: math.exp
// One layer of two is kept in the mean, at least.
// CONSTANT: %[[LEAST:.*]] = arith.constant 5.000000e-01 : f64
// CONSTANT: %[[KEPT:.*]] = arith.maximumf %{{.*}}, %[[LEAST]]
// CONSTANT: %[[SCALE:.*]] = arith.divf %{{.*}}, %[[KEPT]] : f64
// CONSTANT: %[[NARROW:.*]] = arith.truncf %[[SCALE]] : f64 to f32
// CONSTANT: linalg.yield %[[KEPT]], %[[NARROW]]
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<1.0>}
sluice.graph @train(%t: tensor<3xi32>) -> tensor<f32> {
  %w = sluice.read @w : tensor<4xf32>
  %x = sluice.layer "embeddings" () parameters(%p = %w : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %p : tensor<4xf32>
  }
  %y = sluice.layer "h.0" depth 1 of 2 (%a = %x : tensor<4xf32>) parameters(%p = %w : tensor<4xf32>) -> tensor<4xf32> {
    %b = sluice.mul %a, %p : tensor<4xf32>, tensor<4xf32>
    %c = sluice.add %a, %b residual : tensor<4xf32>, tensor<4xf32>
    sluice.yield %c : tensor<4xf32>
  }
  %z = sluice.layer "h.1" depth 2 of 2 (%a = %y : tensor<4xf32>) parameters(%p = %w : tensor<4xf32>) -> tensor<4xf32> {
    %b = sluice.mul %a, %p : tensor<4xf32>, tensor<4xf32>
    %c = sluice.add %a, %b residual : tensor<4xf32>, tensor<4xf32>
    sluice.yield %c : tensor<4xf32>
  }
  %l = sluice.layer "head" (%a = %z : tensor<4xf32>) -> tensor<f32> {
    %s = sluice.sum_leading %a : tensor<4xf32> to tensor<f32>
    sluice.yield %s : tensor<f32>
  }
  sluice.return %l : tensor<f32>
}

// -----

// A stream of f64 takes the scales as they are computed, and a layer without a branch has nothing to scale.
// CHECK-LABEL: sluice.graph @train
// CHECK: linalg.generic
// CHECK-NOT: arith.truncf
// CHECK: linalg.yield %{{.*}}, %{{.*}} : f64, f64
// CHECK: sluice.layer "h.0" {{.*}}(%[[X:.*]] = %{{.*}} : tensor<4xf64>)
// CHECK-NOT: sluice.mul
// CHECK: sluice.yield %[[X]]
// CHECK: sluice.layer "h.1"
// CHECK: %[[SCALED:.*]] = sluice.mul %[[BRANCH:.*]], %{{.*}} : tensor<4xf64>, tensor<f64>
// CHECK: sluice.add %{{.*}}, %[[SCALED]] residual
// CONSTANT-LABEL: sluice.graph @train
sluice.graph @train(%t: tensor<3xi32>) -> tensor<f64> {
  %x = sluice.zero : tensor<4xf64>
  %y = sluice.layer "h.0" depth 1 of 2 (%a = %x : tensor<4xf64>) -> tensor<4xf64> {
    sluice.yield %a : tensor<4xf64>
  }
  %z = sluice.layer "h.1" depth 2 of 2 (%a = %y : tensor<4xf64>) -> tensor<4xf64> {
    %b = sluice.relu %a : tensor<4xf64>
    %c = sluice.add %a, %b residual : tensor<4xf64>, tensor<4xf64>
    sluice.yield %c : tensor<4xf64>
  }
  %l = sluice.sum_leading %z : tensor<4xf64> to tensor<f64>
  sluice.return %l : tensor<f64>
}

// -----

// A module that is not trained has nothing to drop.
// CHECK-LABEL: sluice.graph @eval
// CHECK-NOT: gate
// CONSTANT-LABEL: sluice.graph @eval
sluice.graph @eval(%t: tensor<3xi32>) -> tensor<4xf32> {
  %x = sluice.zero : tensor<4xf32>
  %y = sluice.layer "h.0" depth 1 of 1 (%a = %x : tensor<4xf32>) -> tensor<4xf32> {
    sluice.yield %a : tensor<4xf32>
  }
  sluice.return %y : tensor<4xf32>
}
