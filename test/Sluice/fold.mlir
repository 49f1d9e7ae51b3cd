// RUN: sluice-opt %s --canonicalize --verify-roundtrip | FileCheck %s

// CHECK-LABEL: func.func @should_fold_a_sum_with_zero
// CHECK-NEXT: return %arg0
func.func @should_fold_a_sum_with_zero(%a: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %z = sluice.zero : tensor<4xf32>
  %b = sluice.add %a, %z : tensor<2x4xf32>, tensor<4xf32>
  return %b : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @should_fold_a_factor_of_one
// CHECK-NEXT: return %arg0
func.func @should_fold_a_factor_of_one(%a: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %b = sluice.scale %a by 1.0 : tensor<2x4xf32>
  return %b : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @should_fold_two_reshapes
// CHECK-NEXT: return %arg0
func.func @should_fold_two_reshapes(%a: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %b = sluice.reshape %a : tensor<2x4xf32> to tensor<8xf32>
  %c = sluice.reshape %b : tensor<8xf32> to tensor<2x4xf32>
  return %c : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @should_fold_a_dropout_of_rate_zero
// CHECK-NEXT: return %arg0
func.func @should_fold_a_dropout_of_rate_zero(%a: tensor<2x4xf32>, %k: tensor<4xi32>, %l: tensor<1xi32>)
    -> tensor<2x4xf32> {
  %r = arith.constant dense<0.0> : tensor<f64>
  %b = sluice.dropout %a, %k, %l rate %r ordinal 3 : tensor<2x4xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
  return %b : tensor<2x4xf32>
}

// CHECK-LABEL: func.func @should_keep_a_sum_of_two_values
// CHECK-NEXT: sluice.add %arg0, %arg1 residual
func.func @should_keep_a_sum_of_two_values(%a: tensor<2x4xf32>, %b: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %c = sluice.add %a, %b residual : tensor<2x4xf32>, tensor<2x4xf32>
  return %c : tensor<2x4xf32>
}
