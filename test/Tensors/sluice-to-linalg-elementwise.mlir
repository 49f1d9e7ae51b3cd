// RUN: sluice-opt %s --sluice-to-linalg --split-input-file | FileCheck %s

// Ops of elements become one `linalg.generic` each. A shorter operand belongs to the last dimensions: its map says so.

// CHECK-DAG: #[[ALL:.*]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-DAG: #[[LAST:.*]] = affine_map<(d0, d1, d2) -> (d2)>
// CHECK-LABEL: @should_broadcast_the_right_side_over_leading_dimensions
// CHECK: linalg.generic {indexing_maps = [#[[ALL]], #[[LAST]], #[[ALL]]], iterator_types = ["parallel", "parallel", "p
// CHECK: ^bb0(%[[X:[^:]*]]: f32, %[[Y:[^:]*]]: f32, %{{[^:]*}}: f32):
// CHECK-NEXT: arith.mulf %[[X]], %[[Y]]
func.func private @should_broadcast_the_right_side_over_leading_dimensions(%x: tensor<2x3x4xf32>, %y: tensor<4xf32>)
    -> tensor<2x3x4xf32> {
  %z = sluice.mul %x, %y : tensor<2x3x4xf32>, tensor<4xf32>
  return %z : tensor<2x3x4xf32>
}

// -----

// CHECK-LABEL: @should_scale_by_a_constant_of_the_element_type
// CHECK: arith.constant 2.500000e-01 : f32
// CHECK-NEXT: arith.mulf
func.func private @should_scale_by_a_constant_of_the_element_type(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = sluice.scale %x by 0.25 : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// Rounding to bf16 is arithmetic on bits: to the nearest, ties to the even one, a NaN stays a NaN.
// CHECK-LABEL: @should_narrow_to_the_nearest_bf16
// CHECK: ^bb0(%[[X:[^:]*]]: f32, %{{[^:]*}}: bf16):
// CHECK: %[[BITS:.*]] = arith.bitcast %[[X]] : f32 to i32
// CHECK: arith.constant 32767 : i32
// CHECK: %[[IS_NAN:.*]] = arith.cmpf uno, %[[X]], %[[X]]
// CHECK: arith.select %[[IS_NAN]]
// CHECK: %[[HALF:.*]] = arith.trunci %{{.*}} : i32 to i16
// CHECK: arith.bitcast %[[HALF]] : i16 to bf16
func.func private @should_narrow_to_the_nearest_bf16(%x: tensor<4xf32>) -> tensor<4xbf16> {
  %y = arith.truncf %x : tensor<4xf32> to tensor<4xbf16>
  return %y : tensor<4xbf16>
}

// -----

// CHECK-LABEL: @should_widen_by_moving_bits_to_the_upper_half
// CHECK: %[[BITS:.*]] = arith.extui %{{.*}} : i16 to i32
// CHECK: %[[UPPER:.*]] = arith.shli %[[BITS]]
// CHECK: arith.bitcast %[[UPPER]] : i32 to f32
// CHECK-NOT: arith.extf
func.func private @should_widen_by_moving_bits_to_the_upper_half(%x: tensor<4xbf16>) -> tensor<4xf32> {
  %y = arith.extf %x : tensor<4xbf16> to tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// A contraction that rounds its factors anyway reads what is narrow: nothing widens it for nobody.
// CHECK-LABEL: @should_read_the_narrow_factor_where_the_contraction_rounds
// CHECK-NOT: arith.extui
// CHECK: linalg.contract {{.*}} ins(%arg0, %arg1 : tensor<3x4xbf16>, tensor<4x5xf32>)
func.func private @should_read_the_narrow_factor_where_the_contraction_rounds(%x: tensor<3x4xbf16>, %w: tensor<4x5xf32>)
    -> tensor<3x5xf32> {
  %wide = arith.extf %x : tensor<3x4xbf16> to tensor<3x4xf32>
  %y = sluice.linear %wide, %w {compute_type = bf16} : tensor<3x4xf32>, tensor<4x5xf32> to tensor<3x5xf32>
  return %y : tensor<3x5xf32>
}

// -----

// CHECK-LABEL: @should_widen_for_a_contraction_that_does_not_round
// CHECK: %[[WIDE:.*]] = linalg.generic {{.*}} ins(%arg0 : tensor<3x4xbf16>)
// CHECK: linalg.contract {{.*}} ins(%[[WIDE]], %arg1 : tensor<3x4xf32>, tensor<4x5xf32>)
func.func private @should_widen_for_a_contraction_that_does_not_round(%x: tensor<3x4xbf16>, %w: tensor<4x5xf32>)
    -> tensor<3x5xf32> {
  %wide = arith.extf %x : tensor<3x4xbf16> to tensor<3x4xf32>
  %y = sluice.linear %wide, %w : tensor<3x4xf32>, tensor<4x5xf32> to tensor<3x5xf32>
  return %y : tensor<3x5xf32>
}
