// RUN: sluice-opt %s --sluice-to-linalg --split-input-file | FileCheck %s

// A norm is loops over rows that reduce, and one loop over elements; what a row has of its own is read by its position.

// CHECK-DAG: #[[ALL:.*]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0, d1, d2) -> (d0, d1)>
// CHECK-DAG: #[[COLUMN:.*]] = affine_map<(d0, d1, d2) -> (d2)>
// CHECK-LABEL: @should_scale_and_shift_what_is_normalized
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}}"parallel", "parallel", "reduction"]} ins(%arg0 :
// CHECK: %[[MEAN:.*]] = linalg.generic {{.*}} ins(%[[SUM]] : tensor<2x3xf32>)
// CHECK: %[[SQUARES:.*]] = linalg.generic {{.*}}"reduction"]} ins(%arg0, %[[MEAN]] :
// CHECK: %[[RSTD:.*]] = linalg.generic {{.*}} ins(%[[SQUARES]] : tensor<2x3xf32>)
// CHECK: arith.constant 9.99999974E-6
// CHECK: math.sqrt
// CHECK: arith.divf
// CHECK: linalg.generic {indexing_maps = [#[[ALL]], #[[ROW]], #[[ROW]], #[[COLUMN]], #[[COLUMN]], #[[ALL]]]
// CHECK-SAME: ins(%arg0, %[[RSTD]], %[[MEAN]], %arg1, %arg2 :
// CHECK: ^bb0(%[[X:[^:]*]]: f32, %[[R:[^:]*]]: f32, %[[M:[^:]*]]: f32,
// CHECK-SAME: %[[W:[^:]*]]: f32, %[[B:[^:]*]]: f32, %{{[^:]*}}: f32):
// CHECK-NEXT: %[[CENTRED:.*]] = arith.subf %[[X]], %[[M]]
// CHECK-NEXT: %[[UNIT:.*]] = arith.mulf %[[CENTRED]], %[[R]]
// CHECK-NEXT: %[[SCALED:.*]] = arith.mulf %[[UNIT]], %[[W]]
// CHECK-NEXT: arith.addf %[[SCALED]], %[[B]]
func.func private @should_scale_and_shift_what_is_normalized(%x: tensor<2x3x4xf32>, %w: tensor<4xf32>,
    %b: tensor<4xf32>) -> tensor<2x3x4xf32> {
  %y, %m, %r = sluice.layer_norm %x, %w bias %b epsilon 1.0e-05
      : tensor<2x3x4xf32>, tensor<4xf32>, tensor<4xf32> to tensor<2x3xf32>, tensor<2x3xf32>
  return %y : tensor<2x3x4xf32>
}

// -----

// CHECK-LABEL: @should_divide_by_the_width_as_a_product
// CHECK: arith.constant 2.500000e-01 : f32
// CHECK-NEXT: arith.mulf
// CHECK: math.sqrt
// CHECK: arith.divf
// CHECK-NOT: arith.divf
// CHECK: return
func.func private @should_divide_by_the_width_as_a_product(%x: tensor<3x4xf32>, %w: tensor<4xf32>) -> tensor<3x4xf32> {
  %y, %r = sluice.rms_norm %x, %w epsilon 1.0e-05 : tensor<3x4xf32>, tensor<4xf32> to tensor<3xf32>
  return %y : tensor<3x4xf32>
}

// -----

// dx = rstd (dy w - mean(dy w) - n mean(dy w n)), of which the means are two sums over a row.
// CHECK-LABEL: @should_sum_twice_over_a_row_for_the_gradient_of_a_layer_norm
// CHECK: %[[ALONG:.*]] = linalg.generic {{.*}}"reduction"]} ins(%arg0, %arg2, %arg1, %arg4, %arg3 :
// CHECK: arith.subf
// CHECK: %[[MEANS:.*]] = linalg.generic {{.*}}"reduction"]} ins(%arg0, %arg2 :
// CHECK-NOT: arith.subf
// CHECK: linalg.generic {{.*}} ins(%arg0, %arg2, %arg1, %arg4, %arg3, %[[ALONG]], %[[MEANS]] :
// CHECK: linalg.generic {{.*}}"reduction", "parallel"]} ins(%arg0, %arg1, %arg4, %arg3 :
// CHECK: linalg.generic {{.*}}"reduction", "parallel"]} ins(%arg0 :
func.func private @should_sum_twice_over_a_row_for_the_gradient_of_a_layer_norm(%dy: tensor<3x4xf32>,
    %x: tensor<3x4xf32>, %w: tensor<4xf32>, %m: tensor<3xf32>, %r: tensor<3xf32>)
    -> (tensor<3x4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %dx, %dw, %db = sluice.layer_norm_backward %dy, %x, %w, %m, %r : tensor<3x4xf32>, tensor<4xf32>, tensor<3xf32>
  return %dx, %dw, %db : tensor<3x4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: @should_sum_once_over_a_row_for_the_gradient_of_an_rms_norm
// CHECK-COUNT-1: "parallel", "reduction"]
// CHECK-NOT: "parallel", "reduction"]
// CHECK: "reduction", "parallel"]
func.func private @should_sum_once_over_a_row_for_the_gradient_of_an_rms_norm(%dy: tensor<3x4xf32>,
    %x: tensor<3x4xf32>, %w: tensor<4xf32>, %r: tensor<3xf32>) -> (tensor<3x4xf32>, tensor<4xf32>) {
  %dx, %dw = sluice.rms_norm_backward %dy, %x, %w, %r : tensor<3x4xf32>, tensor<4xf32>, tensor<3xf32>
  return %dx, %dw : tensor<3x4xf32>, tensor<4xf32>
}

// -----

// CHECK-LABEL: @should_sum_the_gradients_of_weight_and_bias_where_they_accumulate
// CHECK: linalg.generic {{.*}}"reduction", "parallel"]} {{.*}} outs(%arg5 : tensor<4xf32>)
// CHECK: linalg.generic {{.*}}"reduction", "parallel"]} ins(%arg0 : tensor<3x4xf32>) outs(%arg6 : tensor<4xf32>)
// CHECK-NOT: linalg.generic
// CHECK: return
func.func private @should_sum_the_gradients_of_weight_and_bias_where_they_accumulate(%dy: tensor<3x4xf32>,
    %x: tensor<3x4xf32>, %w: tensor<4xf32>, %m: tensor<3xf32>, %r: tensor<3xf32>,
    %old_w: tensor<4xf32> {sluice.updates = 1 : i64}, %old_b: tensor<4xf32> {sluice.updates = 2 : i64})
    -> (tensor<3x4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %dx, %dw, %db = sluice.layer_norm_backward %dy, %x, %w, %m, %r : tensor<3x4xf32>, tensor<4xf32>, tensor<3xf32>
  %new_w = sluice.add %old_w, %dw : tensor<4xf32>, tensor<4xf32>
  %new_b = sluice.add %old_b, %db : tensor<4xf32>, tensor<4xf32>
  return %dx, %new_w, %new_b : tensor<3x4xf32>, tensor<4xf32>, tensor<4xf32>
}
