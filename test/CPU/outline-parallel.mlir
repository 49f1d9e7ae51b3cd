// RUN: sluice-opt %s --sluice-outline-parallel --split-input-file | FileCheck %s

// Two dimensions become one range; the allocation of the body moves to the entry of the new function.
// CHECK-LABEL: func.func @tiles(
// CHECK-SAME: %[[STEP:.*]]: memref<584xi8>, %[[A:.*]]: memref<64x32xf32>)
// CHECK-NEXT: sluice_cpu.parallel_for @tiles_parallel0 count 256 step %[[STEP]] : memref<584xi8>
// CHECK-SAME: {{^}} captures(%[[A]] : memref<64x32xf32>) {kernel = #sluice.kernel<"copy", flops = 0, bytes = 8192>}
// CHECK-NEXT: return
// CHECK-LABEL: func.func private @tiles_parallel0(
// CHECK-SAME: %[[A:.*]]: memref<64x32xf32>, %[[BEGIN:.*]]: index, %[[END:.*]]: index, %{{.*}}: memref<0xi8>)
// CHECK: memref.alloc() : memref<8xf32>
// CHECK: scf.for %[[N:.*]] = %[[BEGIN]] to %[[END]]
// CHECK: %[[C4:.*]] = arith.constant 4 : index
// CHECK: %[[J:.*]] = arith.remui %[[N]], %[[C4]]
// CHECK: %[[I:.*]] = arith.divui %[[N]], %{{.*}} : index
// CHECK: %[[C8:.*]] = arith.constant 8 : index
// CHECK: %[[SCALED:.*]] = arith.muli %[[J]], %[[C8]]
// CHECK: memref.subview %[[A]][%[[I]], %[[SCALED]]] [1, 8] [1, 1]
// CHECK: memref.copy
func.func @tiles(%step: memref<584xi8>, %a: memref<64x32xf32>) {
  scf.forall (%i, %j) = (0, 0) to (64, 32) step (1, 8) {
    %row = memref.alloc() : memref<8xf32>
    %tile = memref.subview %a[%i, %j] [1, 8] [1, 1] : memref<64x32xf32> to memref<8xf32, strided<[1], offset: ?>>
    memref.copy %tile, %row : memref<8xf32, strided<[1], offset: ?>> to memref<8xf32>
    memref.dealloc %row : memref<8xf32>
  } {sluice.kernel = #sluice.kernel<"copy", flops = 0, bytes = 8192>}
  return
}

// -----

// Views and constants are repeated in the body, what they are views of is captured; so is the index of the loop
// outside.
// CHECK-LABEL: func.func @captures(
// CHECK-SAME: %[[STEP:.*]]: memref<584xi8>, %[[BYTES:.*]]: memref<4096xi8>, %[[SCALE:.*]]: f32)
// CHECK: scf.for %[[K:.*]] =
// CHECK: sluice_cpu.parallel_for @captures_parallel0 count 8 step %[[STEP]]
// CHECK-SAME: captures(%[[SCALE]], %[[BYTES]], %[[K]] : f32, memref<4096xi8>, index)
// CHECK-LABEL: func.func private @captures_parallel0(
// CHECK-SAME: %[[SCALE:.*]]: f32, %[[BYTES:.*]]: memref<4096xi8>, %[[K:.*]]: index, %{{.*}}: index, %{{.*}}: index,
// CHECK-SAME: {{^}} %{{.*}}: memref<0xi8>)
// CHECK: %[[C64:.*]] = arith.constant 64 : index
// CHECK: %[[VIEW:.*]] = memref.view %[[BYTES]][%[[C64]]][] : memref<4096xi8> to memref<16x8xf32>
// CHECK: %[[ROW:.*]] = memref.subview %[[VIEW]][%[[K]], 0] [1, 8] [1, 1]
// CHECK: scf.for
// CHECK: memref.store %[[SCALE]], %[[ROW]]
func.func @captures(%step: memref<584xi8>, %bytes: memref<4096xi8>, %scale: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %c64 = arith.constant 64 : index
  %view = memref.view %bytes[%c64][] : memref<4096xi8> to memref<16x8xf32>
  scf.for %k = %c0 to %c16 step %c1 {
    %row = memref.subview %view[%k, 0] [1, 8] [1, 1] : memref<16x8xf32> to memref<8xf32, strided<[1], offset: ?>>
    scf.forall (%i) in (8) {
      memref.store %scale, %row[%i] : memref<8xf32, strided<[1], offset: ?>>
    }
  }
  return
}

// -----

// A loop within a parallel loop is sequential, and its allocation leaves both.
// CHECK-LABEL: func.func private @nested_parallel0(
// CHECK: memref.alloc() : memref<4xf32>
// CHECK: scf.for
// CHECK: scf.for
// CHECK-NOT: scf.forall
func.func @nested(%step: memref<584xi8>, %a: memref<16x4xf32>) {
  %zero = arith.constant 0.0 : f32
  scf.forall (%i) in (16) {
    scf.forall (%j) in (4) {
      %row = memref.alloc() : memref<4xf32>
      memref.store %zero, %row[%j] : memref<4xf32>
      %value = memref.load %row[%j] : memref<4xf32>
      memref.store %value, %a[%i, %j] : memref<16x4xf32>
    }
  }
  return
}

// -----

// One iteration needs no threads, none needs no code.
// CHECK-LABEL: func.func @once(
// CHECK-NOT: sluice_cpu.parallel_for
// CHECK: memref.alloc() : memref<4xf32>
// CHECK: %[[C3:.*]] = arith.constant 3 : index
// CHECK: memref.store %{{.*}}, %{{.*}}[%[[C3]]]
// CHECK-NOT: func.func private
func.func @once(%step: memref<584xi8>, %a: memref<16xf32>) {
  %zero = arith.constant 0.0 : f32
  scf.forall (%i) = (3) to (4) step (1) {
    %row = memref.alloc() : memref<4xf32>
    memref.store %zero, %a[%i] : memref<16xf32>
  }
  scf.forall (%i) = (4) to (4) step (1) {
    memref.store %zero, %a[%i] : memref<16xf32>
  }
  return
}

// -----

// Names that are taken stay as they are.
// CHECK-LABEL: func.func @f(
// CHECK: sluice_cpu.parallel_for @[[BODY:f_parallel0_0]] count 2
// CHECK: func.func private @[[BODY]](
func.func @f(%step: memref<584xi8>, %a: memref<2xf32>) {
  %zero = arith.constant 0.0 : f32
  scf.forall (%i) in (2) {
    memref.store %zero, %a[%i] : memref<2xf32>
  }
  return
}
func.func private @f_parallel0()
