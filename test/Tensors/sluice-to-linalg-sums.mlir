// RUN: sluice-opt %s --sluice-to-linalg --split-input-file | FileCheck %s

// A sum starts from zeros, or from the argument that it is added to, where the function updates that in place.

// Rows first: the large part runs in parallel, in an order that no thread count changes.
// CHECK-LABEL: @should_sum_squares_by_rows_in_f64
// CHECK: %[[ROWS:.*]] = linalg.generic {{.*}}"parallel", "parallel", "reduction"]}
// CHECK-SAME: outs(%{{.*}} : tensor<2x3xf64>)
// CHECK: %[[WIDE:.*]] = arith.extf %{{.*}} : f32 to f64
// CHECK: arith.mulf %[[WIDE]], %[[WIDE]] : f64
// CHECK: linalg.generic {{.*}}"reduction", "reduction"]} ins(%[[ROWS]] : tensor<2x3xf64>) outs(%{{.*}} : tensor<f64>)
func.func private @should_sum_squares_by_rows_in_f64(%x: tensor<2x3x4xf32>) -> tensor<f64> {
  %s = sluice.sum_of_squares %x : tensor<2x3x4xf32> to tensor<f64>
  return %s : tensor<f64>
}

// -----

// CHECK-LABEL: @should_sum_the_squares_of_a_vector_in_one_loop
// CHECK-COUNT-1: linalg.generic
// CHECK-NOT: linalg.generic
// CHECK: return
func.func private @should_sum_the_squares_of_a_vector_in_one_loop(%x: tensor<4xf64>) -> tensor<f64> {
  %s = sluice.sum_of_squares %x : tensor<4xf64> to tensor<f64>
  return %s : tensor<f64>
}

// -----

// CHECK-LABEL: @should_square_a_number_without_a_loop_over_rows
// CHECK: linalg.generic {indexing_maps = [{{.*}}], iterator_types = []} ins(%arg0 : tensor<f32>)
// CHECK: arith.extf
func.func private @should_square_a_number_without_a_loop_over_rows(%x: tensor<f32>) -> tensor<f64> {
  %s = sluice.sum_of_squares %x : tensor<f32> to tensor<f64>
  return %s : tensor<f64>
}

// -----

// The gradient of a bias: all rows into one.
// CHECK-LABEL: @should_sum_rows_into_the_accumulator
// CHECK-NEXT: %[[SUM:.*]] = linalg.generic {{.*}}"reduction", "reduction", "parallel"]}
// CHECK-SAME: ins(%arg0 : tensor<2x3x4xf32>) outs(%arg1 : tensor<4xf32>)
// CHECK: return %[[SUM]]
func.func private @should_sum_rows_into_the_accumulator(%d: tensor<2x3x4xf32>,
    %old: tensor<4xf32> {sluice.updates = 0 : i64}) -> tensor<4xf32> {
  %b = sluice.sum_leading %d : tensor<2x3x4xf32> to tensor<4xf32>
  %sum = sluice.add %old, %b : tensor<4xf32>, tensor<4xf32>
  return %sum : tensor<4xf32>
}

// -----

// A gradient that something else reads too must not have the old value in it.
// CHECK-LABEL: @should_not_sum_into_the_accumulator_what_is_used_twice
// CHECK: %[[ZEROS:.*]] = linalg.fill
// CHECK: linalg.generic {{.*}}"reduction", "parallel"]} ins(%arg0 : tensor<3x4xf32>) outs(%[[ZEROS]] : tensor<4xf32>)
// CHECK: arith.mulf
func.func private @should_not_sum_into_the_accumulator_what_is_used_twice(%d: tensor<3x4xf32>,
    %old: tensor<4xf32> {sluice.updates = 0 : i64}) -> (tensor<4xf32>, tensor<4xf32>) {
  %b = sluice.sum_leading %d : tensor<3x4xf32> to tensor<4xf32>
  %twice = sluice.scale %b by 2.0 : tensor<4xf32>
  %sum = sluice.add %old, %b : tensor<4xf32>, tensor<4xf32>
  return %sum, %twice : tensor<4xf32>, tensor<4xf32>
}

// -----

// The left side may be broadcast over, the right side is: only a sum on the right is of the accumulator's shape.
// CHECK-LABEL: @should_not_sum_into_an_accumulator_on_the_right
// CHECK: linalg.fill
// CHECK: linalg.generic {{.*}}"reduction", "parallel"]}
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %arg1 : tensor<4xf32>, tensor<4xf32>)
func.func private @should_not_sum_into_an_accumulator_on_the_right(%d: tensor<3x4xf32>,
    %old: tensor<4xf32> {sluice.updates = 0 : i64}) -> tensor<4xf32> {
  %b = sluice.sum_leading %d : tensor<3x4xf32> to tensor<4xf32>
  %sum = sluice.add %b, %old : tensor<4xf32>, tensor<4xf32>
  return %sum : tensor<4xf32>
}

// -----

// A sum of two gradients, as of a weight that a layer uses twice: nothing of it adds to the accumulator by itself.
// CHECK-LABEL: @should_add_a_sum_to_the_accumulator
// CHECK: %[[BOTH:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<4xf32>, tensor<4xf32>)
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} ins(%arg2, %[[BOTH]] : tensor<4xf32>, tensor<4xf32>)
// CHECK: return %[[SUM]]
func.func private @should_add_a_sum_to_the_accumulator(%a: tensor<4xf32>, %b: tensor<4xf32>,
    %old: tensor<4xf32> {sluice.updates = 0 : i64}) -> tensor<4xf32> {
  %both = sluice.add %a, %b : tensor<4xf32>, tensor<4xf32>
  %sum = sluice.add %old, %both : tensor<4xf32>, tensor<4xf32>
  return %sum : tensor<4xf32>
}
