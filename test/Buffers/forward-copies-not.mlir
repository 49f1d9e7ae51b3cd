// RUN: sluice-opt %s --pass-pipeline="builtin.module(func.func(sluice-forward-copies))" | FileCheck %s

// A copy is needed where the destination, before the copy, or the temporary, after it, has a value of its own.

// CHECK-LABEL: @should_keep_the_copy_to_an_argument_that_an_op_reads
// CHECK: memref.copy
func.func @should_keep_the_copy_to_an_argument_that_an_op_reads(%out: memref<4xf32>, %c: f32) {
  %t = memref.alloc() : memref<4xf32>
  linalg.fill ins(%c : f32) outs(%t : memref<4xf32>)
  linalg.add ins(%t, %out : memref<4xf32>, memref<4xf32>) outs(%t : memref<4xf32>)
  memref.copy %t, %out : memref<4xf32> to memref<4xf32>
  return
}

// CHECK-LABEL: @should_keep_the_copy_of_a_view
// CHECK: memref.copy
func.func @should_keep_the_copy_of_a_view(%out: memref<4xf32>, %c: f32) {
  %t = memref.alloc() : memref<2x2xf32>
  linalg.fill ins(%c : f32) outs(%t : memref<2x2xf32>)
  %flat = memref.collapse_shape %t [[0, 1]] : memref<2x2xf32> into memref<4xf32>
  memref.copy %flat, %out : memref<4xf32> to memref<4xf32>
  return
}

// CHECK-LABEL: @should_keep_the_copy_in_a_branch
// CHECK: scf.if
// CHECK: memref.copy
func.func @should_keep_the_copy_in_a_branch(%out: memref<4xf32>, %c: f32, %condition: i1) {
  %t = memref.alloc() : memref<4xf32>
  linalg.fill ins(%c : f32) outs(%t : memref<4xf32>)
  scf.if %condition {
    memref.copy %t, %out : memref<4xf32> to memref<4xf32>
  }
  return
}

// A part by a run-time offset may overlap any other.
// CHECK-LABEL: @should_keep_the_copy_where_another_part_is_not_known
// CHECK: memref.copy
func.func @should_keep_the_copy_where_another_part_is_not_known(%c: f32, %i: index) -> f32 {
  %t = memref.alloc() : memref<4xf32>
  linalg.fill ins(%c : f32) outs(%t : memref<4xf32>)
  %whole = memref.alloc() : memref<8xf32>
  %other = memref.subview %whole[%i] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: ?>>
  linalg.fill ins(%c : f32) outs(%other : memref<4xf32, strided<[1], offset: ?>>)
  %part = memref.subview %whole[4] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 4>>
  memref.copy %t, %part : memref<4xf32> to memref<4xf32, strided<[1], offset: 4>>
  %0 = memref.load %whole[%i] : memref<8xf32>
  return %0 : f32
}

// Every second element: the last of the one part is beyond the first of the other.
// CHECK-LABEL: @should_keep_the_copy_where_another_part_has_steps
// CHECK: memref.copy
func.func @should_keep_the_copy_where_another_part_has_steps(%c: f32, %i: index) -> f32 {
  %t = memref.alloc() : memref<4xf32>
  linalg.fill ins(%c : f32) outs(%t : memref<4xf32>)
  %whole = memref.alloc() : memref<8xf32>
  %other = memref.subview %whole[0] [4] [2] : memref<8xf32> to memref<4xf32, strided<[2]>>
  linalg.fill ins(%c : f32) outs(%other : memref<4xf32, strided<[2]>>)
  %part = memref.subview %whole[4] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 4>>
  memref.copy %t, %part : memref<4xf32> to memref<4xf32, strided<[1], offset: 4>>
  %0 = memref.load %whole[%i] : memref<8xf32>
  return %0 : f32
}

// The first element of the one part is the last of the other, which comes before it or behind it.
// CHECK-LABEL: @should_keep_the_copies_where_parts_have_one_element_in_common
// CHECK-COUNT-2: memref.copy
// CHECK: return
func.func @should_keep_the_copies_where_parts_have_one_element_in_common(%c: f32, %i: index) -> f32 {
  %t = memref.alloc() : memref<4xf32>
  linalg.fill ins(%c : f32) outs(%t : memref<4xf32>)
  %whole = memref.alloc() : memref<8xf32>
  %behind = memref.subview %whole[3] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 3>>
  linalg.fill ins(%c : f32) outs(%behind : memref<4xf32, strided<[1], offset: 3>>)
  %part = memref.subview %whole[0] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1]>>
  memref.copy %t, %part : memref<4xf32> to memref<4xf32, strided<[1]>>
  %u = memref.alloc() : memref<4xf32>
  linalg.fill ins(%c : f32) outs(%u : memref<4xf32>)
  %other = memref.alloc() : memref<8xf32>
  %before = memref.subview %other[1] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 1>>
  linalg.fill ins(%c : f32) outs(%before : memref<4xf32, strided<[1], offset: 1>>)
  %last = memref.subview %other[4] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 4>>
  memref.copy %u, %last : memref<4xf32> to memref<4xf32, strided<[1], offset: 4>>
  %0 = memref.load %whole[%i] : memref<8xf32>
  %1 = memref.load %other[%i] : memref<8xf32>
  %2 = arith.addf %0, %1 : f32
  return %2 : f32
}

// Only ops that take a part as well as a whole compute there: a call expects its buffer as it is.
// CHECK-LABEL: @should_keep_the_copy_of_what_a_call_fills
// CHECK: call @fill(%[[T:[^)]*]])
// CHECK: memref.copy %[[T]]
func.func private @fill(memref<4xf32>)
func.func @should_keep_the_copy_of_what_a_call_fills(%i: index) -> f32 {
  %t = memref.alloc() : memref<4xf32>
  call @fill(%t) : (memref<4xf32>) -> ()
  %whole = memref.alloc() : memref<8xf32>
  %part = memref.subview %whole[4] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 4>>
  memref.copy %t, %part : memref<4xf32> to memref<4xf32, strided<[1], offset: 4>>
  %0 = memref.load %whole[%i] : memref<8xf32>
  return %0 : f32
}
