// RUN: sluice-opt %s --pass-pipeline="builtin.module(func.func(sluice-forward-copies))" | FileCheck %s

// CHECK-LABEL: @should_compute_in_the_destination
// CHECK-NEXT: constant
// CHECK-NEXT: linalg.fill {{.*}} outs(%arg0
// CHECK-NEXT: return
func.func @should_compute_in_the_destination(%out: memref<4xf32>) {
  %c = arith.constant 1.0 : f32
  %t = memref.alloc() : memref<4xf32>
  linalg.fill ins(%c : f32) outs(%t : memref<4xf32>)
  memref.copy %t, %out : memref<4xf32> to memref<4xf32>
  return
}

// CHECK-LABEL: @should_keep_the_copy_to_memory_that_is_read
// CHECK: memref.copy
func.func @should_keep_the_copy_to_memory_that_is_read(%out: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %old = memref.load %out[%c0] : memref<4xf32>
  %t = memref.alloc() : memref<4xf32>
  linalg.fill ins(%old : f32) outs(%t : memref<4xf32>)
  memref.copy %t, %out : memref<4xf32> to memref<4xf32>
  return
}

// CHECK-LABEL: @should_keep_the_copy_of_an_argument
// CHECK: memref.copy %arg0, %arg1
func.func @should_keep_the_copy_of_an_argument(%in: memref<4xf32>, %out: memref<4xf32>) {
  memref.copy %in, %out : memref<4xf32> to memref<4xf32>
  return
}

// Two results that are joined are computed where they are joined; the first one is there already.
// CHECK-LABEL: @should_compute_in_a_part
// CHECK: %[[WHOLE:.*]] = memref.alloc() : memref<8xf32>
// CHECK: %[[LATER:.*]] = memref.subview %[[WHOLE]][4] [4] [1]
// CHECK: linalg.fill {{.*}} outs(%[[LATER]]
// CHECK: %[[FIRST:.*]] = memref.subview %[[WHOLE]][0] [4] [1]
// CHECK: linalg.fill {{.*}} outs(%[[FIRST]]
// CHECK-NOT: memref.copy
// CHECK: memref.load %[[WHOLE]]
func.func @should_compute_in_a_part(%c: f32, %i: index) -> f32 {
  %t = memref.alloc() : memref<4xf32>
  linalg.fill ins(%c : f32) outs(%t : memref<4xf32>)
  %whole = memref.alloc() : memref<8xf32>
  %first = memref.subview %whole[0] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1]>>
  linalg.fill ins(%c : f32) outs(%first : memref<4xf32, strided<[1]>>)
  %part = memref.subview %whole[4] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 4>>
  memref.copy %t, %part : memref<4xf32> to memref<4xf32, strided<[1], offset: 4>>
  %0 = memref.load %whole[%i] : memref<8xf32>
  return %0 : f32
}

// Something else writes there before.
// CHECK-LABEL: @should_keep_the_copy_to_a_part_that_overlaps
// CHECK: memref.copy
func.func @should_keep_the_copy_to_a_part_that_overlaps(%c: f32, %i: index) -> f32 {
  %t = memref.alloc() : memref<4xf32>
  linalg.fill ins(%c : f32) outs(%t : memref<4xf32>)
  %whole = memref.alloc() : memref<8xf32>
  %first = memref.subview %whole[0] [5] [1] : memref<8xf32> to memref<5xf32, strided<[1]>>
  linalg.fill ins(%c : f32) outs(%first : memref<5xf32, strided<[1]>>)
  %part = memref.subview %whole[4] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 4>>
  memref.copy %t, %part : memref<4xf32> to memref<4xf32, strided<[1], offset: 4>>
  %0 = memref.load %whole[%i] : memref<8xf32>
  return %0 : f32
}

// The temporary is needed when the part may have changed.
// CHECK-LABEL: @should_keep_the_copy_of_what_is_read_later
// CHECK: memref.copy
func.func @should_keep_the_copy_of_what_is_read_later(%c: f32, %out: memref<4xf32>) {
  %t = memref.alloc() : memref<4xf32>
  linalg.fill ins(%c : f32) outs(%t : memref<4xf32>)
  %whole = memref.alloc() : memref<8xf32>
  %part = memref.subview %whole[4] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 4>>
  memref.copy %t, %part : memref<4xf32> to memref<4xf32, strided<[1], offset: 4>>
  linalg.fill ins(%c : f32) outs(%whole : memref<8xf32>)
  linalg.copy ins(%t : memref<4xf32>) outs(%out : memref<4xf32>)
  return
}
