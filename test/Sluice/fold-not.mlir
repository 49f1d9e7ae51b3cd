// What folding leaves alone: each function keeps its op, though it looks like one that folds.
// RUN: sluice-opt %s --canonicalize | FileCheck %s

// Zeros that would have to be broadcast first are not the sum.
// CHECK-LABEL: func.func @should_keep_a_sum_whose_left_side_alone_is_large
// CHECK: sluice.add %{{.*}}, %arg0 : tensor<2x4xf32>, tensor<4xf32>
func.func @should_keep_a_sum_whose_left_side_alone_is_large(%b: tensor<4xf32>) -> tensor<2x4xf32> {
  %z = sluice.zero : tensor<2x4xf32>
  %s = sluice.add %z, %b : tensor<2x4xf32>, tensor<4xf32>
  return %s : tensor<2x4xf32>
}

// A factor of zero times an infinity is no zero, and only zeros on the left have the result's type.
// CHECK-LABEL: func.func @should_keep_a_product_with_zeros_on_the_right
// CHECK: %[[Y:.*]] = sluice.mul %arg0, %{{.*}} : tensor<2x4xf32>, tensor<4xf32>
// CHECK: return %[[Y]]
func.func @should_keep_a_product_with_zeros_on_the_right(%a: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %z = sluice.zero : tensor<4xf32>
  %y = sluice.mul %a, %z : tensor<2x4xf32>, tensor<4xf32>
  return %y : tensor<2x4xf32>
}

// Two factors are rounded one after the other, except for signs.
// CHECK-LABEL: func.func @should_fold_two_signs_and_no_other_factors
// CHECK-NEXT: %[[A:.*]] = sluice.scale %arg0 by 3.000000e+00
// CHECK-NEXT: %[[B:.*]] = sluice.scale %[[A]] by 2.000000e+00
// CHECK-NEXT: return %arg0, %[[B]]
func.func @should_fold_two_signs_and_no_other_factors(%a: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %m = sluice.scale %a by -1.0 : tensor<4xf32>
  %p = sluice.scale %m by -1.0 : tensor<4xf32>
  %t = sluice.scale %a by 3.0 : tensor<4xf32>
  %s = sluice.scale %t by 2.0 : tensor<4xf32>
  return %p, %s : tensor<4xf32>, tensor<4xf32>
}

// A rate that the runtime sets may be 0, and may be changed.
// CHECK-LABEL: func.func @should_keep_a_dropout_of_a_rate_that_is_not_known
// CHECK-COUNT-2: sluice.dropout
func.func @should_keep_a_dropout_of_a_rate_that_is_not_known(%a: tensor<4xf32>, %k: tensor<4xi32>, %l: tensor<1xi32>)
    -> tensor<4xf32> {
  %scalar = sluice.scalar "dropout" : tensor<f64>
  %half = arith.constant dense<0.5> : tensor<f64>
  %b = sluice.dropout %a, %k, %l rate %scalar ordinal 0 : tensor<4xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
  %c = sluice.dropout %b, %k, %l rate %half ordinal 1 : tensor<4xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
  return %c : tensor<4xf32>
}

// Of two reshapes one is left where the shape changes; rows and sums that change nothing are gone.
// CHECK-LABEL: func.func @should_keep_what_changes_the_shape
// CHECK-NEXT: %[[R:.*]] = sluice.reshape %arg0 : tensor<2x4xf32> to tensor<4x2xf32>
// CHECK-NEXT: %[[T:.*]] = sluice.slice_rows %arg0 : tensor<2x4xf32> to tensor<1x4xf32>
// CHECK-NEXT: %[[U:.*]] = sluice.sum_leading %[[T]] : tensor<1x4xf32> to tensor<4xf32>
// CHECK-NEXT: return %[[R]], %[[U]]
func.func @should_keep_what_changes_the_shape(%a: tensor<2x4xf32>) -> (tensor<4x2xf32>, tensor<4xf32>) {
  %flat = sluice.reshape %a : tensor<2x4xf32> to tensor<8xf32>
  %r = sluice.reshape %flat : tensor<8xf32> to tensor<4x2xf32>
  %all = sluice.slice_rows %a : tensor<2x4xf32> to tensor<2x4xf32>
  %first = sluice.slice_rows %all : tensor<2x4xf32> to tensor<1x4xf32>
  %same = sluice.sum_leading %first : tensor<1x4xf32> to tensor<1x4xf32>
  %u = sluice.sum_leading %same : tensor<1x4xf32> to tensor<4xf32>
  return %r, %u : tensor<4x2xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @should_fold_a_product_of_zeros
// CHECK-NEXT: %[[Z:.*]] = sluice.zero : tensor<2x4xf32>
// CHECK-NEXT: return %[[Z]], %arg0
func.func @should_fold_a_product_of_zeros(%a: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %z = sluice.zero : tensor<2x4xf32>
  %p = sluice.mul %z, %a : tensor<2x4xf32>, tensor<2x4xf32>
  %s = sluice.add %z, %a : tensor<2x4xf32>, tensor<2x4xf32>
  return %p, %s : tensor<2x4xf32>, tensor<2x4xf32>
}
