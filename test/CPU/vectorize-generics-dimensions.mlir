// RUN: sluice-opt %s --sluice-set-target=processor=x86-64-v3 --sluice-vectorize-generics | FileCheck %s

// Which dimensions become one, and which of them is taken in vectors: the one with the cheapest loads and stores.

#row = affine_map<(d0, d1) -> (d0, d1)>
#flipped = affine_map<(d0, d1) -> (d1, d0)>
#column = affine_map<(d0, d1) -> (d1)>
#all = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#first = affine_map<(d0, d1, d2) -> (d0)>

// The bias is the same for all rows: they stay apart.
// CHECK-LABEL: func @should_not_join_rows_that_share_an_operand
// CHECK-NOT: memref.collapse_shape
// CHECK: scf.for %{{.*}} to %c4
// CHECK: vector.load %arg0{{.*}} : memref<8xf32>, vector<8xf32>
func.func @should_not_join_rows_that_share_an_operand(%bias: memref<8xf32>, %x: memref<4x8xf32>) {
  linalg.generic {indexing_maps = [#column, #row], iterator_types = ["parallel", "parallel"]}
      ins(%bias : memref<8xf32>) outs(%x : memref<4x8xf32>) {
  ^bb0(%b: f32, %a: f32):
    %y = arith.addf %a, %b : f32
    linalg.yield %y : f32
  }
  return
}

// Both have the last two dimensions or neither: 3 x 9 elements are one row for each of 4 scales.
// CHECK-LABEL: func @should_join_the_dimensions_that_all_operands_agree_on
// CHECK: memref.collapse_shape %arg1 {{\[\[}}0], [1, 2]] : memref<4x3x9xf32> into memref<4x27xf32>
// CHECK: %[[SCALE:.*]] = memref.load %arg0
// CHECK: scf.for %{{.*}} to %c24
// CHECK: arith.mulf {{.*}} : vector<8xf32>
// CHECK: arith.mulf {{.*}} : vector<3xf32>
func.func @should_join_the_dimensions_that_all_operands_agree_on(%scale: memref<4xf32>, %x: memref<4x3x9xf32>) {
  linalg.generic {indexing_maps = [#first, #all], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%scale : memref<4xf32>) outs(%x : memref<4x3x9xf32>) {
  ^bb0(%s: f32, %a: f32):
    %y = arith.mulf %a, %s : f32
    linalg.yield %y : f32
  }
  return
}

// The rows of a part are not next to each other.
// CHECK-LABEL: func @should_not_join_rows_with_gaps
// CHECK-NOT: memref.collapse_shape
// CHECK: scf.for %{{.*}} to %c3
// CHECK: vector.store {{.*}} vector<8xf32>
// CHECK: vector.store {{.*}} vector<1xf32>
func.func @should_not_join_rows_with_gaps(%x: memref<3x9xf32, strided<[64, 1]>>, %zero: f32) {
  linalg.fill ins(%zero : f32) outs(%x : memref<3x9xf32, strided<[64, 1]>>)
  return
}

// The position in a row is part of what is computed: a longer row would have others.
// CHECK-LABEL: func @should_not_join_rows_whose_positions_count
// CHECK-NOT: memref.collapse_shape
// CHECK: vector.step : vector<8xindex>
// CHECK-NOT: memref.collapse_shape
// CHECK: return
func.func @should_not_join_rows_whose_positions_count(%x: memref<4x8xi32>) {
  linalg.generic {indexing_maps = [#row], iterator_types = ["parallel", "parallel"]} outs(%x : memref<4x8xi32>) {
  ^bb0(%a: i32):
    %i = linalg.index 1 : index
    %j = arith.index_cast %i : index to i32
    linalg.yield %j : i32
  }
  return
}

// Sums of all elements are sums of one long row.
// CHECK-LABEL: func @should_join_dimensions_that_are_summed
// CHECK: memref.collapse_shape %arg0 {{\[\[}}0, 1]] : memref<4x64xf32> into memref<256xf32>
// CHECK: scf.for %{{.*}} to %c256{{.*}} step %c32
func.func @should_join_dimensions_that_are_summed(%x: memref<4x64xf32>, %sum: memref<f32>) {
  linalg.reduce {arith.addf} ins(%x : memref<4x64xf32>) outs(%sum : memref<f32>) dimensions = [0, 1]
  return
}

// Neighbours along the last dimension of the loops are far apart in both buffers: vectors go along the first.
// CHECK-LABEL: func @should_take_vectors_along_the_contiguous_dimension
// CHECK: scf.for %[[ROW:.*]] = %c0{{.*}} to %c4
// CHECK: scf.for %[[COLUMN:.*]] = %c0{{.*}} to %c64{{.*}} step %c8
// CHECK: vector.load %arg0[%[[ROW]], %[[COLUMN]]] : memref<4x64xf32>, vector<8xf32>
// CHECK: vector.store %{{.*}}, %arg1[%[[ROW]], %[[COLUMN]]]
func.func @should_take_vectors_along_the_contiguous_dimension(%x: memref<4x64xf32>,
                                                              %y: memref<4x64xf32, strided<[128, 1]>>) {
  linalg.generic {indexing_maps = [#flipped, #flipped], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<4x64xf32>) outs(%y : memref<4x64xf32, strided<[128, 1]>>) {
  ^bb0(%a: f32, %b: f32):
    %c = arith.negf %a : f32
    linalg.yield %c : f32
  }
  return
}

// A dimension of one element gives no vectors, though it is the last.
// CHECK-LABEL: func @should_not_take_vectors_along_one_element
// CHECK: vector.from_elements
// CHECK: math.absf {{.*}} : vector<8xf32>
func.func @should_not_take_vectors_along_one_element(%x: memref<64x1xf32, strided<[2, 1]>>) {
  linalg.abs ins(%x : memref<64x1xf32, strided<[2, 1]>>) outs(%x : memref<64x1xf32, strided<[2, 1]>>)
  return
}

// CHECK-LABEL: func @should_emit_nothing_for_no_elements
// CHECK-NOT: store
// CHECK: return
func.func @should_emit_nothing_for_no_elements(%x: memref<0x8xf32>, %zero: f32) {
  linalg.fill ins(%zero : f32) outs(%x : memref<0x8xf32>)
  return
}
