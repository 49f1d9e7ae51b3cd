// RUN: sluice-opt %s --sluice-to-linalg --split-input-file | FileCheck %s

// Random ops keep no state: each element computes its word from the key, which holds seed, step and micro-batch, and
// from its position. Every thread count gives the same ones.

// The position of an element counts within its item of the batch: 4 rows of 8 here, whatever the item.
// CHECK-LABEL: @should_number_the_elements_of_an_item
// CHECK: tensor.extract %arg1
// CHECK: linalg.generic
// CHECK: %[[ROW:.*]] = linalg.index 1
// CHECK: %[[C8:.*]] = arith.constant 8 : i32
// CHECK: %[[START:.*]] = arith.muli %{{.*}}, %[[C8]]
// CHECK: %[[COLUMN:.*]] = linalg.index 2
// CHECK: %[[COLUMN_I32:.*]] = arith.index_cast %[[COLUMN]]
// CHECK: arith.addi %[[START]], %[[COLUMN_I32]]
// CHECK: linalg.index 0
// CHECK: arith.mului_extended
// CHECK: arith.mulf
// CHECK: linalg.yield
func.func private @should_number_the_elements_of_an_item(%x: tensor<2x4x8xf32>, %key: tensor<4xi32>,
    %layer: tensor<1xi32>, %rate: tensor<f64>) -> tensor<2x4x8xf32> {
  %y = sluice.dropout %x, %key, %layer rate %rate ordinal 3
      : tensor<2x4x8xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
  return %y : tensor<2x4x8xf32>
}

// -----

// Drawn and compared in f64, where both sides are exact: a probability of 1 is above every word.
// CHECK-LABEL: @should_compare_the_drawn_word_with_the_probability_in_f64
// CHECK: ^bb0(%[[P:[^:]*]]: f32, %{{[^:]*}}: f32):
// CHECK: %[[WIDE:.*]] = arith.extf %[[P]] : f32 to f64
// CHECK: %[[DRAWN:.*]] = arith.uitofp %{{.*}} : i32 to f64
// CHECK: arith.constant 0x41F0000000000000 : f64
// CHECK: %[[LIMIT:.*]] = arith.mulf %[[WIDE]]
// CHECK: %[[IS_ONE:.*]] = arith.cmpf olt, %[[DRAWN]], %[[LIMIT]]
// CHECK: arith.select %[[IS_ONE]], %{{.*}}, %{{.*}} : f32
func.func private @should_compare_the_drawn_word_with_the_probability_in_f64(%key: tensor<4xi32>, %p: tensor<3xf32>)
    -> tensor<3xf32> {
  %ones = sluice.bernoulli %key, %p : tensor<4xi32>, tensor<3xf32>
  return %ones : tensor<3xf32>
}

// -----

// Word 3 of the key is the micro-batch.
// CHECK-LABEL: @should_draw_anew_for_every_micro_batch
// CHECK: %[[C3:.*]] = arith.constant 3 : index
// CHECK: tensor.extract %arg0[%[[C3]]]
func.func private @should_draw_anew_for_every_micro_batch(%key: tensor<4xi32>, %p: tensor<3xf64>) -> tensor<3xf64> {
  %ones = sluice.bernoulli %key, %p : tensor<4xi32>, tensor<3xf64>
  return %ones : tensor<3xf64>
}

// -----

// CHECK-LABEL: @should_draw_once_for_all_micro_batches_of_a_step
// CHECK-COUNT-3: tensor.extract %arg0
// CHECK-NOT: tensor.extract %arg0
// CHECK-NOT: arith.extf
// CHECK: return
func.func private @should_draw_once_for_all_micro_batches_of_a_step(%key: tensor<4xi32>, %p: tensor<3xf64>)
    -> tensor<3xf64> {
  %ones = sluice.bernoulli step %key, %p : tensor<4xi32>, tensor<3xf64>
  return %ones : tensor<3xf64>
}

// -----

// The contraction's key is drawn once, by the words of the call and of the step; its body says who draws by it.
// CHECK-LABEL: @should_draw_for_each_product
// CHECK-DAG: %[[C3:.*]] = arith.constant 3 : index
// CHECK: tensor.extract %[[KEY:.*]][%[[C3]]]
// CHECK-COUNT-20: arith.mului_extended
// CHECK-NOT: arith.mului_extended
// CHECK: linalg.generic {{.*}}"parallel", "parallel", "reduction"]} ins(%{{.*}}, %{{.*}} : tensor<3x4xf32>,
// CHECK-SAME: attrs = {sluice.accumulation = #sluice.accumulation<e6m9, rounding = stochastic>,
// CHECK-SAME: sluice.formats = [#sluice.format<f32>, #sluice.format<f32>]}
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32, %[[SUM:.*]]: f32):
// CHECK-NEXT: %[[NEW:.*]] = sluice.rounded_sum %[[SUM]] plus %[[A]] times %[[B]] key %{{.*}}, %{{.*}} ordinal 7
// CHECK-NEXT: linalg.yield %[[NEW]]
func.func private @should_draw_for_each_product(%x: tensor<3x4xf32>, %w: tensor<4x5xf32>, %key: tensor<4xi32>,
                                                %id: tensor<2xi32>) -> tensor<3x5xf32> {
  %y = sluice.linear %x, %w key %key : tensor<4xi32> id %id : tensor<2xi32> ordinal 7
      {accumulation = #sluice.accumulation<e6m9, rounding = stochastic>}
      : tensor<3x4xf32>, tensor<4x5xf32> to tensor<3x5xf32>
  return %y : tensor<3x5xf32>
}
