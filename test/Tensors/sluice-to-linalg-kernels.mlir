// RUN: sluice-opt %s --sluice-to-linalg --split-input-file | FileCheck %s

// Ops that are computed in blocks keep their names, and get a destination for each result. The strategy of the target
// sets their blocks later.

// CHECK-LABEL: @should_gather_rows_into_a_destination
// CHECK: %[[OUT:.*]] = tensor.empty() : tensor<2x3x4xf32>
// CHECK: sluice.gather_rows ins(%arg0, %arg1 : tensor<2x3xi32>, tensor<7x4xf32>) outs(%[[OUT]] : tensor<2x3x4xf32>)
// CHECK-NOT: block
// CHECK: return
func.func private @should_gather_rows_into_a_destination(%tokens: tensor<2x3xi32>, %table: tensor<7x4xf32>)
    -> tensor<2x3x4xf32> {
  %rows = sluice.embedding %tokens, %table : tensor<2x3xi32>, tensor<7x4xf32> to tensor<2x3x4xf32>
  return %rows : tensor<2x3x4xf32>
}

// -----

// CHECK-LABEL: @should_scatter_rows_into_zeros
// CHECK: %[[ZEROS:.*]] = linalg.fill
// CHECK: sluice.scatter_rows ins(%arg0, %arg1 : {{.*}}) outs(%[[ZEROS]] : tensor<7x4xf32>)
func.func private @should_scatter_rows_into_zeros(%d: tensor<3x4xf32>, %tokens: tensor<3xi32>) -> tensor<7x4xf32> {
  %table = sluice.embedding_backward %d, %tokens : tensor<3x4xf32>, tensor<3xi32> to tensor<7x4xf32>
  return %table : tensor<7x4xf32>
}

// -----

// CHECK-LABEL: @should_scatter_rows_into_the_accumulator
// CHECK-NEXT: %[[SUM:.*]] = sluice.scatter_rows ins(%arg0, %arg1 : {{.*}}) outs(%arg2 : tensor<7x4xf32>)
// CHECK-NEXT: return %[[SUM]]
func.func private @should_scatter_rows_into_the_accumulator(%d: tensor<3x4xf32>, %tokens: tensor<3xi32>,
    %old: tensor<7x4xf32> {sluice.updates = 0 : i64}) -> tensor<7x4xf32> {
  %table = sluice.embedding_backward %d, %tokens : tensor<3x4xf32>, tensor<3xi32> to tensor<7x4xf32>
  %sum = sluice.add %old, %table : tensor<7x4xf32>, tensor<7x4xf32>
  return %sum : tensor<7x4xf32>
}

// -----

// Both passes draw the same elements: key, layer and rate follow the inputs.
// CHECK-LABEL: @should_give_attention_the_randomness_of_its_dropout
// CHECK: %[[Y:.*]]:2 = sluice.blocked_attention ins(%arg0, %arg0, %arg0, %arg1, %arg2, %arg3 :
// CHECK-SAME: ordinal = 5
// CHECK: sluice.blocked_attention_backward
// CHECK-SAME: ins(%arg0, %arg0, %arg0, %arg0, %[[Y]]#0, %[[Y]]#1, %arg1, %arg2, %arg3 :
// CHECK-SAME: ordinal = 5
func.func private @should_give_attention_the_randomness_of_its_dropout(%x: tensor<1x2x4xf32>, %key: tensor<4xi32>,
    %layer: tensor<1xi32>, %rate: tensor<f64>) -> tensor<1x2x4xf32> {
  %y, %l = sluice.attention %x, %x, %x heads 2 random %key : tensor<4xi32>, %layer : tensor<1xi32>
      rate %rate : tensor<f64> {ordinal = 5 : i64} : tensor<1x2x4xf32>, tensor<1x2x4xf32> to tensor<1x2x2xf32>
  %dq, %dk, %dv = sluice.attention_backward %x, %x, %x, %x, %y, %l heads 2 random %key : tensor<4xi32>,
      %layer : tensor<1xi32> rate %rate : tensor<f64> {ordinal = 5 : i64} : tensor<1x2x4xf32>, tensor<1x2x2xf32>
  return %dq : tensor<1x2x4xf32>
}

// -----

// CHECK-LABEL: @should_read_queries_keys_and_values_that_are_kept_narrow
// CHECK-NOT: linalg.generic
// CHECK: sluice.blocked_attention ins(%arg0, %arg0, %arg0 : tensor<1x2x4xbf16>, tensor<1x2x4xbf16>,
func.func private @should_read_queries_keys_and_values_that_are_kept_narrow(%x: tensor<1x2x4xbf16>)
    -> tensor<1x2x4xf32> {
  %wide = arith.extf %x : tensor<1x2x4xbf16> to tensor<1x2x4xf32>
  %y, %l = sluice.attention %wide, %wide, %wide heads 2 {compute_type = bf16}
      : tensor<1x2x4xf32>, tensor<1x2x4xf32> to tensor<1x2x2xf32>
  return %y : tensor<1x2x4xf32>
}

// -----

// CHECK-LABEL: @should_overwrite_the_gradient_of_a_head_that_is_no_term_of_a_sum
// CHECK: sluice.blocked_cross_entropy_with_gradient ins(%arg0, %arg1, %arg2, %arg3 :
// CHECK-NOT: accumulate
// CHECK: return
func.func private @should_overwrite_the_gradient_of_a_head_that_is_no_term_of_a_sum(%g: tensor<f32>,
    %x: tensor<3x4xf32>, %w: tensor<5x4xf32>, %t: tensor<3xi32>) -> (tensor<f32>, tensor<3x4xf32>, tensor<5x4xf32>) {
  %loss, %dx, %dw = sluice.linear_cross_entropy_with_gradient %g, %x, %w, %t
      : tensor<f32>, tensor<3x4xf32>, tensor<5x4xf32>, tensor<3xi32>
  return %loss, %dx, %dw : tensor<f32>, tensor<3x4xf32>, tensor<5x4xf32>
}

// -----

// Averaged, the share of a position is that of one unit of four.
// CHECK-LABEL: @should_divide_an_averaged_loss_by_the_units
// CHECK: sluice.blocked_standardization_loss {{.*}}averaged
// CHECK: arith.maximumf
// CHECK: arith.constant 4.000000e+00
// CHECK: arith.divf
func.func private @should_divide_an_averaged_loss_by_the_units(%g: tensor<f32>, %x: tensor<6x4xf32>, %t: tensor<6xi32>)
    -> (tensor<f32>, tensor<6x4xf32>) {
  %loss, %m, %v, %range = sluice.standardization_loss %x, %t averaged epsilon 1.0e-06
      : tensor<6x4xf32>, tensor<6xi32> to tensor<f32>, tensor<4xf32>, tensor<4xf32>
  %dx = sluice.standardization_loss_backward %g, %x, %t, %m, %v averaged epsilon 1.0e-06
      : tensor<f32>, tensor<6x4xf32>, tensor<6xi32>, tensor<4xf32>
  return %loss, %dx : tensor<f32>, tensor<6x4xf32>
}
