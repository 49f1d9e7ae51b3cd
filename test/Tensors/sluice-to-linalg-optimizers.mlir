// RUN: sluice-opt %s --sluice-to-linalg --split-input-file | FileCheck %s

// An optimizer's update is one loop over elements that writes state where it is read, and the parameter elsewhere. What
// changes from step to step (rates, corrections, the clipping factor) are tensors of rank 0.

// CHECK-LABEL: @should_update_parameter_and_moments_in_one_loop
// CHECK: %[[NEW:.*]] = tensor.empty
// CHECK: linalg.generic {{.*}} ins(%arg1, %arg4, %arg5, %arg6, %arg7, %arg8, %arg9, %arg10, %arg11, %arg0 :
// CHECK-SAME: outs(%[[NEW]], %arg2, %arg3 :
// CHECK: ^bb0(%[[DW:[^:]*]]: f32, %[[RATE:[^:]*]]: f32, %[[BETA1:[^:]*]]: f32, %[[BETA2:[^:]*]]: f32,
// CHECK-SAME: %{{[^:]*}}: f32, %[[DECAY:[^:]*]]: f32, %{{[^:]*}}: f32, %[[CORRECTION:[^:]*]]: f32,
// CHECK-SAME: %[[CLIP:[^:]*]]: f32, %[[W:[^:]*]]: f32, %{{[^:]*}}: f32, %[[M:[^:]*]]: f32, %[[S:[^:]*]]: f32):
// CHECK: %[[G:.*]] = arith.mulf %[[DW]], %[[CLIP]]
// CHECK: arith.mulf %[[BETA1]], %[[M]]
// CHECK: %[[NEW_M:.*]] = arith.addf
// CHECK-DAG: arith.mulf %[[BETA2]], %[[S]]
// CHECK-DAG: arith.mulf %[[G]], %[[G]]
// CHECK: %[[NEW_S:.*]] = arith.addf
// CHECK: %[[SHARE:.*]] = arith.mulf %[[RATE]], %[[DECAY]]
// CHECK: %[[LOST:.*]] = arith.mulf %[[SHARE]], %[[W]]
// CHECK: %[[DECAYED:.*]] = arith.subf %[[W]], %[[LOST]]
// CHECK: %[[CORRECTED:.*]] = arith.divf %[[NEW_S]], %[[CORRECTION]]
// CHECK: math.sqrt %[[CORRECTED]]
// CHECK: %[[NEW_W:.*]] = arith.subf %[[DECAYED]]
// CHECK: linalg.yield %[[NEW_W]], %[[NEW_M]], %[[NEW_S]]
func.func private @should_update_parameter_and_moments_in_one_loop(%w: tensor<4xf32>, %dw: tensor<4xf32>,
    %m: tensor<4xf32>, %s: tensor<4xf32>, %rate: tensor<f32>, %beta1: tensor<f32>, %beta2: tensor<f32>,
    %epsilon: tensor<f32>, %decay: tensor<f32>, %c1: tensor<f32>, %c2: tensor<f32>, %clip: tensor<f32>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %new:3 = sluice.adamw %w, %dw, %m, %s
      scalars(%rate, %beta1, %beta2, %epsilon, %decay, %c1, %c2, %clip) decays
      : tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>,
        tensor<f32>
  return %new#0, %new#1, %new#2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// Biases and the weights of norms do not decay: the factor is there, but nothing reads it.
// CHECK-LABEL: @should_not_read_the_decay_of_what_does_not_decay
// CHECK: ^bb0(%{{[^:]*}}: f32, %[[RATE:[^:]*]]: f32, %{{[^:]*}}: f32, %{{[^:]*}}: f32, %{{[^:]*}}: f32,
// CHECK-SAME: %[[DECAY:[^:]*]]: f32
// CHECK-NOT: %[[DECAY]]
// CHECK: linalg.yield
func.func private @should_not_read_the_decay_of_what_does_not_decay(%w: tensor<4xf32>, %dw: tensor<4xf32>,
    %m: tensor<4xf32>, %s: tensor<4xf32>, %x: tensor<f32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %new:3 = sluice.adamw %w, %dw, %m, %s scalars(%x, %x, %x, %x, %x, %x, %x, %x)
      : tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>,
        tensor<f32>
  return %new#0, %new#1, %new#2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// The decay of SGD is a term of the gradient, and so of the momentum.
// CHECK-LABEL: @should_add_the_decay_to_the_gradient_of_sgd
// CHECK: %[[NEW:.*]] = tensor.empty
// CHECK: linalg.generic {{.*}} outs(%[[NEW]], %arg2 :
// CHECK: ^bb0(%[[DW:[^:]*]]: f32, %[[RATE:[^:]*]]: f32, %[[MOMENTUM:[^:]*]]: f32, %[[DECAY:[^:]*]]: f32,
// CHECK-SAME: %[[CLIP:[^:]*]]: f32,
// CHECK-SAME: %[[W:[^:]*]]: f32, %{{[^:]*}}: f32, %[[M:[^:]*]]: f32):
// CHECK-NEXT: %[[CLIPPED:.*]] = arith.mulf %[[DW]], %[[CLIP]]
// CHECK-NEXT: %[[TERM:.*]] = arith.mulf %[[DECAY]], %[[W]]
// CHECK-NEXT: %[[G:.*]] = arith.addf %[[CLIPPED]], %[[TERM]]
// CHECK-NEXT: %[[KEPT:.*]] = arith.mulf %[[MOMENTUM]], %[[M]]
// CHECK-NEXT: %[[NEW_M:.*]] = arith.addf %[[KEPT]], %[[G]]
// CHECK-NEXT: %[[STEP:.*]] = arith.mulf %[[RATE]], %[[NEW_M]]
// CHECK-NEXT: %[[NEW_W:.*]] = arith.subf %[[W]], %[[STEP]]
// CHECK-NEXT: linalg.yield %[[NEW_W]], %[[NEW_M]]
func.func private @should_add_the_decay_to_the_gradient_of_sgd(%w: tensor<4xf32>, %dw: tensor<4xf32>,
    %m: tensor<4xf32>, %rate: tensor<f32>, %momentum: tensor<f32>, %decay: tensor<f32>, %clip: tensor<f32>)
    -> (tensor<4xf32>, tensor<4xf32>) {
  %new:2 = sluice.sgd %w, %dw, %m scalars(%rate, %momentum, %decay, %clip) decays
      : tensor<4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  return %new#0, %new#1 : tensor<4xf32>, tensor<4xf32>
}

// -----

// Nesterov's momentum goes into the stack: g + momentum * m, of the new m. Wide matrices take a step of length 1.
// CHECK-LABEL: @should_stack_the_momentum_that_looks_ahead
// CHECK: linalg.generic {{.*}} ins(%arg1, %arg3, %arg3 :
// CHECK: ^bb0(%[[DW:[^:]*]]: f32, %[[MOMENTUM:[^:]*]]: f32, %[[CLIP:[^:]*]]: f32, %[[M:[^:]*]]: f32, %{{[^:]*}}: f32):
// CHECK-NEXT: %[[G:.*]] = arith.mulf %[[DW]], %[[CLIP]]
// CHECK-NEXT: %[[KEPT:.*]] = arith.mulf %[[MOMENTUM]], %[[M]]
// CHECK-NEXT: %[[NEW_M:.*]] = arith.addf %[[KEPT]], %[[G]]
// CHECK-NEXT: %[[MORE:.*]] = arith.mulf %[[MOMENTUM]], %[[NEW_M]]
// CHECK-NEXT: %[[AHEAD:.*]] = arith.addf %[[G]], %[[MORE]]
// CHECK-NEXT: linalg.yield %[[NEW_M]], %[[AHEAD]]
// CHECK: sluice.blocked_newton_schulz
// CHECK: linalg.generic {{.*}} ins(%{{[^,]*}}, %arg3, %arg3, %arg0 :
// CHECK: arith.constant 1.000000e+00
func.func private @should_stack_the_momentum_that_looks_ahead(%w: tensor<8x4xf32>, %dw: tensor<8x4xf32>,
    %m: tensor<8x4xf32>, %x: tensor<f32>) -> (tensor<8x4xf32>, tensor<8x4xf32>) {
  %new:2 = sluice.muon parameters(%w) gradients(%dw) momenta(%m) scalars(%x, %x, %x, %x) parts 1
      : (tensor<8x4xf32>, tensor<8x4xf32>, tensor<8x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>)
      -> (tensor<8x4xf32>, tensor<8x4xf32>)
  return %new#0, %new#1 : tensor<8x4xf32>, tensor<8x4xf32>
}
