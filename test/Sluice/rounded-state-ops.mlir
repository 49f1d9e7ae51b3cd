// RUN: sluice-opt %s | sluice-opt | FileCheck %s

// CHECK-LABEL: @should_update_by_rounding
// CHECK-NEXT: sluice.rounded_adamw %arg0, %arg0, %arg0, %arg0
// CHECK-SAME: scalars(%arg1, %arg1, %arg1, %arg1, %arg1, %arg1, %arg1, %arg1) to <e6m9> key %arg2 id %arg3
// CHECK-NEXT: sluice.rounded_sgd %arg0, %arg0, %arg0 scalars(%arg1, %arg1, %arg1, %arg1) decays to <bf16>
// CHECK-SAME: key %arg2 id %arg3 : tensor<4x8xf32>, tensor<4xi32>, tensor<2xi32>, tensor<f32>,
func.func @should_update_by_rounding(%p: tensor<4x8xf32>, %s: tensor<f32>, %k: tensor<4xi32>, %i: tensor<2xi32>) {
  %0:3 = sluice.rounded_adamw %p, %p, %p, %p scalars(%s, %s, %s, %s, %s, %s, %s, %s) to <e6m9> key %k id %i
      : tensor<4x8xf32>, tensor<4xi32>, tensor<2xi32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>,
        tensor<f32>, tensor<f32>, tensor<f32>
  %1:2 = sluice.rounded_sgd %p, %p, %p scalars(%s, %s, %s, %s) decays to <bf16> key %k id %i
      : tensor<4x8xf32>, tensor<4xi32>, tensor<2xi32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>
  return
}

// CHECK-LABEL: @should_add_by_rounding
// CHECK-NEXT: sluice.rounded_sum %arg0 plus %arg1 times %arg1 key %arg2, %arg2 ordinal 3
func.func @should_add_by_rounding(%sum: f32, %x: f32, %k: i32) -> f32 {
  %0 = sluice.rounded_sum %sum plus %x times %x key %k, %k ordinal 3
  return %0 : f32
}
