// What only moves elements, and tables that are read by rows, as they are written and read again.
// RUN: sluice-opt %s | sluice-opt | FileCheck %s

// CHECK-LABEL: func.func @should_cut_and_join_along_the_last_dimension
// CHECK-NEXT: %[[P:.*]]:3 = sluice.split %arg0 : tensor<2x12xf32> to tensor<2x4xf32>, tensor<2x6xf32>, tensor<2x2xf32>
// CHECK-NEXT: %[[J:.*]] = sluice.concat %[[P]]#2, %[[P]]#1 : tensor<2x2xf32>, tensor<2x6xf32> to tensor<2x8xf32>
// CHECK-NEXT: sluice.reshape %[[J]] : tensor<2x8xf32> to tensor<4x4xf32>
func.func @should_cut_and_join_along_the_last_dimension(%x: tensor<2x12xf32>) -> tensor<4x4xf32> {
  %a, %b, %c = sluice.split %x : tensor<2x12xf32> to tensor<2x4xf32>, tensor<2x6xf32>, tensor<2x2xf32>
  %j = sluice.concat %c, %b : tensor<2x2xf32>, tensor<2x6xf32> to tensor<2x8xf32>
  %r = sluice.reshape %j : tensor<2x8xf32> to tensor<4x4xf32>
  return %r : tensor<4x4xf32>
}

// The first rows may be all of them.
// CHECK-LABEL: func.func @should_take_the_first_rows
// CHECK-NEXT: %[[ROWS:.*]] = sluice.slice_rows %arg0 : tensor<8x4xf32> to tensor<3x4xf32>
// CHECK-NEXT: sluice.pad_rows %[[ROWS]] : tensor<3x4xf32> to tensor<8x4xf32>
// CHECK-NEXT: sluice.slice_rows %arg0 : tensor<8x4xf32> to tensor<8x4xf32>
func.func @should_take_the_first_rows(%table: tensor<8x4xf32>) {
  %rows = sluice.slice_rows %table : tensor<8x4xf32> to tensor<3x4xf32>
  %padded = sluice.pad_rows %rows : tensor<3x4xf32> to tensor<8x4xf32>
  %all = sluice.slice_rows %table : tensor<8x4xf32> to tensor<8x4xf32>
  return
}

// CHECK-LABEL: func.func @should_sum_what_was_broadcast
// CHECK-NEXT: sluice.sum_leading %arg0 : tensor<2x3x4xf32> to tensor<3x4xf32>
// CHECK-NEXT: sluice.sum_leading %arg0 : tensor<2x3x4xf32> to tensor<f32>
// CHECK-NEXT: sluice.zero : tensor<2x4xf64>
func.func @should_sum_what_was_broadcast(%x: tensor<2x3x4xf32>) {
  %rows = sluice.sum_leading %x : tensor<2x3x4xf32> to tensor<3x4xf32>
  %all = sluice.sum_leading %x : tensor<2x3x4xf32> to tensor<f32>
  %zero = sluice.zero : tensor<2x4xf64>
  return
}

// CHECK-LABEL: func.func @should_read_a_table_by_rows
// CHECK-NEXT: %[[ROWS:.*]] = sluice.embedding %arg0, %arg1 : tensor<2x3xi32>, tensor<7x4xf32> to tensor<2x3x4xf32>
// CHECK-NEXT: sluice.embedding_backward %[[ROWS]], %arg0 : tensor<2x3x4xf32>, tensor<2x3xi32> to tensor<7x4xf32>
func.func @should_read_a_table_by_rows(%i: tensor<2x3xi32>, %table: tensor<7x4xf32>) -> tensor<7x4xf32> {
  %rows = sluice.embedding %i, %table : tensor<2x3xi32>, tensor<7x4xf32> to tensor<2x3x4xf32>
  %back = sluice.embedding_backward %rows, %i : tensor<2x3x4xf32>, tensor<2x3xi32> to tensor<7x4xf32>
  return %back : tensor<7x4xf32>
}
