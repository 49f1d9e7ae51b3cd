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
