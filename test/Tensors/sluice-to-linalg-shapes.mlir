// RUN: sluice-opt %s --sluice-to-linalg --split-input-file | FileCheck %s

// Ops that only rearrange become ops of the tensor dialect, of which bufferization makes views where it can.

// CHECK-LABEL: @should_join_leading_dimensions
// CHECK-NEXT: tensor.collapse_shape %arg0 {{\[\[}}0, 1], [2]] : tensor<2x3x4xf32> into tensor<6x4xf32>
// CHECK-NEXT: return
func.func private @should_join_leading_dimensions(%x: tensor<2x3x4xf32>) -> tensor<6x4xf32> {
  %y = sluice.reshape %x : tensor<2x3x4xf32> to tensor<6x4xf32>
  return %y : tensor<6x4xf32>
}

// -----

// CHECK-LABEL: @should_divide_a_dimension
// CHECK-NEXT: tensor.expand_shape %arg0 {{\[\[}}0, 1], [2]] output_shape [2, 3, 4]
// CHECK-NEXT: return
func.func private @should_divide_a_dimension(%x: tensor<6x4xf32>) -> tensor<2x3x4xf32> {
  %y = sluice.reshape %x : tensor<6x4xf32> to tensor<2x3x4xf32>
  return %y : tensor<2x3x4xf32>
}

// -----

// No dimension of one side is made of whole ones of the other.
// CHECK-LABEL: @should_reshape_by_way_of_a_vector_where_dimensions_do_not_nest
// CHECK-NEXT: %[[VECTOR:.*]] = tensor.collapse_shape %arg0 {{\[\[}}0, 1]] : tensor<4x6xf32> into tensor<24xf32>
// CHECK-NEXT: tensor.expand_shape %[[VECTOR]] {{\[\[}}0, 1]] output_shape [3, 8]
// CHECK-NEXT: return
func.func private @should_reshape_by_way_of_a_vector_where_dimensions_do_not_nest(%x: tensor<4x6xf32>)
    -> tensor<3x8xf32> {
  %y = sluice.reshape %x : tensor<4x6xf32> to tensor<3x8xf32>
  return %y : tensor<3x8xf32>
}

// -----

// CHECK-LABEL: @should_reshape_a_number_to_a_matrix_of_one
// CHECK-NEXT: tensor.expand_shape %arg0 [] output_shape [1, 1]
func.func private @should_reshape_a_number_to_a_matrix_of_one(%x: tensor<f32>) -> tensor<1x1xf32> {
  %y = sluice.reshape %x : tensor<f32> to tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// CHECK-LABEL: @should_cut_parts_one_after_another
// CHECK-NEXT: tensor.extract_slice %arg0[0, 0] [3, 5] [1, 1]
// CHECK-NEXT: tensor.extract_slice %arg0[0, 5] [3, 2] [1, 1]
func.func private @should_cut_parts_one_after_another(%x: tensor<3x7xf32>) -> (tensor<3x5xf32>, tensor<3x2xf32>) {
  %a, %b = sluice.split %x : tensor<3x7xf32> to tensor<3x5xf32>, tensor<3x2xf32>
  return %a, %b : tensor<3x5xf32>, tensor<3x2xf32>
}

// -----

// CHECK-LABEL: @should_join_parts_one_behind_another
// CHECK-NEXT: %[[WHOLE:.*]] = tensor.empty() : tensor<3x7xf32>
// CHECK-NEXT: %[[FIRST:.*]] = tensor.insert_slice %arg0 into %[[WHOLE]][0, 0] [3, 5]
// CHECK-NEXT: tensor.insert_slice %arg1 into %[[FIRST]][0, 5] [3, 2]
func.func private @should_join_parts_one_behind_another(%a: tensor<3x5xf32>, %b: tensor<3x2xf32>) -> tensor<3x7xf32> {
  %x = sluice.concat %a, %b : tensor<3x5xf32>, tensor<3x2xf32> to tensor<3x7xf32>
  return %x : tensor<3x7xf32>
}

// -----

// CHECK-LABEL: @should_take_the_first_rows
// CHECK-NEXT: tensor.extract_slice %arg0[0, 0] [3, 4] [1, 1]
func.func private @should_take_the_first_rows(%table: tensor<5x4xf32>) -> tensor<3x4xf32> {
  %rows = sluice.slice_rows %table : tensor<5x4xf32> to tensor<3x4xf32>
  return %rows : tensor<3x4xf32>
}

// -----

// CHECK-LABEL: @should_insert_rows_into_zeros
// CHECK: %[[ZEROS:.*]] = linalg.fill
// CHECK-NEXT: tensor.insert_slice %arg0 into %[[ZEROS]][0, 0] [3, 4]
func.func private @should_insert_rows_into_zeros(%rows: tensor<3x4xf32>) -> tensor<5x4xf32> {
  %table = sluice.pad_rows %rows : tensor<3x4xf32> to tensor<5x4xf32>
  return %table : tensor<5x4xf32>
}

// -----

// Rows of zeros change nothing in an accumulator: only the first ones are read and written.
// CHECK-LABEL: @should_add_padded_rows_to_those_of_the_accumulator_alone
// CHECK-NOT: linalg.fill
// CHECK: %[[OLD:.*]] = tensor.extract_slice %arg1[0, 0] [3, 4]
// CHECK-NEXT: %[[NEW:.*]] = linalg.generic {{.*}} ins(%arg0 : tensor<3x4xf32>) outs(%[[OLD]] : tensor<3x4xf32>)
// CHECK: %[[SUM:.*]] = tensor.insert_slice %[[NEW]] into %arg1[0, 0]
// CHECK-NEXT: return %[[SUM]]
func.func private @should_add_padded_rows_to_those_of_the_accumulator_alone(%rows: tensor<3x4xf32>,
    %old: tensor<5x4xf32> {sluice.updates = 0 : i64}) -> tensor<5x4xf32> {
  %table = sluice.pad_rows %rows : tensor<3x4xf32> to tensor<5x4xf32>
  %sum = sluice.add %old, %table : tensor<5x4xf32>, tensor<5x4xf32>
  return %sum : tensor<5x4xf32>
}

// -----

// CHECK-LABEL: @should_load_one_element_by_a_run_time_index
// CHECK: %[[I32:.*]] = tensor.extract %arg1
// CHECK: %[[INDEX:.*]] = arith.index_cast %[[I32]] : i32 to index
// CHECK: %[[ELEMENT:.*]] = tensor.extract %arg0[%[[INDEX]]]
// CHECK: tensor.from_elements %[[ELEMENT]] : tensor<f32>
func.func private @should_load_one_element_by_a_run_time_index(%v: tensor<3xf32>, %i: tensor<1xi32>) -> tensor<f32> {
  %x = sluice.element %v[%i] : tensor<3xf32>, tensor<1xi32> to tensor<f32>
  return %x : tensor<f32>
}
