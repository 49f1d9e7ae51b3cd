// RUN: sluice-opt %s --sluice-to-linalg --split-input-file | FileCheck %s

// Weights and momentum of few bits: one draw of Philox an element gives the words of all three roundings. Its counter
// is the element's place in the tensor, the words of the parameter and the step; its key the seed.

// CHECK-LABEL: @should_round_three_times_by_one_draw
// CHECK-DAG: %[[SEED_LOW:.*]] = tensor.extract %arg4[%c0
// CHECK-DAG: %[[SEED_HIGH:.*]] = tensor.extract %arg4[%c1
// CHECK-DAG: %[[LOW:.*]] = tensor.extract %arg5[%c0
// CHECK-DAG: %[[STEP:.*]] = tensor.extract %arg4[%c2
// CHECK-DAG: %[[HIGH:.*]] = tensor.extract %arg5[%c1
// CHECK: linalg.generic {{.*}} outs(%{{.*}}, %arg2 :
// CHECK: linalg.index 0
// CHECK: linalg.index 1
// CHECK: %[[ELEMENT:.*]] = arith.addi
// CHECK: arith.mului_extended %[[ELEMENT]],
// CHECK: arith.mului_extended %[[STEP]],
// CHECK: arith.xori %{{.*}}, %[[LOW]]
// CHECK: arith.xori %{{.*}}, %[[SEED_LOW]]
// CHECK: arith.xori %{{.*}}, %[[HIGH]]
// CHECK: arith.xori %{{.*}}, %[[SEED_HIGH]]
// Nine more rounds, and then nothing more of them.
// CHECK-COUNT-18: arith.mului_extended
// CHECK-NOT: arith.mului_extended
// Products are exact: fused.
// CHECK-COUNT-3: math.fma
// CHECK: linalg.yield
func.func private @should_round_three_times_by_one_draw(%w: tensor<8x4xf32>, %dw: tensor<8x4xf32>, %m: tensor<8x4xf32>,
    %x: tensor<f32>, %key: tensor<4xi32>, %id: tensor<2xi32>) -> (tensor<8x4xf32>, tensor<8x4xf32>) {
  %new:2 = sluice.rounded_sgd %w, %dw, %m scalars(%x, %x, %x, %x) decays to <e6m9> key %key id %id
      : tensor<8x4xf32>, tensor<4xi32>, tensor<2xi32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  return %new#0, %new#1 : tensor<8x4xf32>, tensor<8x4xf32>
}

// -----

// AdamW's second moment is not rounded, and the step is that of the first moment after it was.
// CHECK-LABEL: @should_round_the_first_moment_before_the_step
// CHECK: math.fma
// CHECK: arith.divf %[[S:[^,]*]],
// CHECK-NEXT: math.sqrt
// CHECK-NEXT: arith.divf %[[M:[^,]*]],
// CHECK: linalg.yield %{{.*}}, %[[M]], %[[S]]
func.func private @should_round_the_first_moment_before_the_step(%w: tensor<4xf32>, %dw: tensor<4xf32>,
    %m: tensor<4xf32>, %s: tensor<4xf32>, %x: tensor<f32>, %key: tensor<4xi32>, %id: tensor<2xi32>)
    -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %new:3 = sluice.rounded_adamw %w, %dw, %m, %s scalars(%x, %x, %x, %x, %x, %x, %x, %x) to <e6m9>
      key %key id %id : tensor<4xf32>, tensor<4xi32>, tensor<2xi32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>,
      tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  return %new#0, %new#1, %new#2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}
