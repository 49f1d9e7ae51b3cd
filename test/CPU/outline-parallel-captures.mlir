// RUN: sluice-opt %s --sluice-outline-parallel --split-input-file --verify-diagnostics | FileCheck %s

// The body of a parallel loop becomes a function of its captures. Few and small ones are wanted: views, constants and
// their like are made again in the body instead of being passed.

// One buffer for two views of it.
// CHECK-LABEL: func.func @should_capture_a_buffer_once(
// CHECK: sluice_cpu.parallel_for @should_capture_a_buffer_once_parallel0 count 4
// CHECK-SAME: captures(%{{[^,]*}} : memref<2x4xf32>)
// CHECK: func.func private @should_capture_a_buffer_once_parallel0(
// CHECK-COUNT-2: memref.subview
// CHECK: scf.for
func.func @should_capture_a_buffer_once(%step: memref<584xi8>, %x: memref<2x4xf32>) {
  %a = memref.subview %x[0, 0] [1, 4] [1, 1] : memref<2x4xf32> to memref<4xf32, strided<[1]>>
  %b = memref.subview %x[1, 0] [1, 4] [1, 1] : memref<2x4xf32> to memref<4xf32, strided<[1], offset: 4>>
  scf.forall (%i) in (4) {
    %v = memref.load %a[%i] : memref<4xf32, strided<[1]>>
    memref.store %v, %b[%i] : memref<4xf32, strided<[1], offset: 4>>
  }
  return
}

// -----

// What is computed of run-time values is computed once, outside.
// CHECK-LABEL: func.func @should_capture_what_is_computed(
// CHECK: %[[SUM:.*]] = arith.addf
// CHECK: captures(%[[SUM]], %{{.*}} : f32, memref<4xf32>)
// CHECK: func.func private @should_capture_what_is_computed_parallel0(%[[SUM:[^:]*]]: f32,
// CHECK-NOT: arith.addf
// CHECK: memref.store %[[SUM]]
func.func @should_capture_what_is_computed(%step: memref<584xi8>, %x: memref<4xf32>, %p: f32) {
  %sum = arith.addf %p, %p : f32
  scf.forall (%i) in (4) {
    memref.store %sum, %x[%i] : memref<4xf32>
  }
  return
}

// -----

// An allocation has a place of its own, and every thread works on the same one.
// CHECK-LABEL: func.func @should_capture_an_allocation(
// CHECK: %[[T:.*]] = memref.alloc()
// CHECK: captures(%[[T]] : memref<4xf32>)
// CHECK: func.func private @should_capture_an_allocation_parallel0(
// CHECK-NOT: memref.alloc
// CHECK: return
func.func @should_capture_an_allocation(%step: memref<584xi8>, %zero: f32) {
  %t = memref.alloc() : memref<4xf32>
  scf.forall (%i) in (4) {
    %v = memref.load %t[%i] : memref<4xf32>
    memref.store %v, %t[%i] : memref<4xf32>
  }
  return
}

// -----

// Loops are numbered in the order of the function. Offsets and steps are of the flat number of an iteration: here of
// rows 2, 4, 6 and 8.
// CHECK-LABEL: func.func @should_number_loops(
// CHECK: sluice_cpu.parallel_for @should_number_loops_parallel0 count 4
// CHECK: sluice_cpu.parallel_for @should_number_loops_parallel1 count 2
// CHECK: func.func private @should_number_loops_parallel1(
// CHECK-LABEL: func.func private @should_number_loops_parallel0(
// CHECK: scf.for %[[NUMBER:.*]] =
// CHECK: %[[SCALED:.*]] = arith.muli %[[NUMBER]], %c2
// CHECK: %[[ROW:.*]] = arith.addi %[[SCALED]], %c2
// CHECK: memref.store %{{.*}}, %{{.*}}[%[[ROW]]]
func.func @should_number_loops(%step: memref<584xi8>, %x: memref<16xf32>, %v: f32) {
  scf.forall (%i) = (2) to (9) step (2) {
    memref.store %v, %x[%i] : memref<16xf32>
  }
  scf.forall (%i) in (2) {
    memref.store %v, %x[%i] : memref<16xf32>
  }
  return
}

// -----

// A vector takes more than a word of the context that threads read their captures from.
// expected-note @below {{expected a scalar, or a memref of static shape and identity layout}}
func.func @should_refuse_a_vector(%step: memref<584xi8>, %x: memref<4x8xf32>, %v: vector<8xf32>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{cannot take a value of type 'vector<8xf32>' from above}}
  scf.forall (%i) in (4) {
    vector.store %v, %x[%i, %c0] : memref<4x8xf32>, vector<8xf32>
  }
  return
}

// -----

// A vector has no place among captures: what it is computed from is captured, and it is computed in the body.
// CHECK-LABEL: func.func @should_compute_vectors_in_the_body(
// CHECK: captures(%{{[^,]*}}, %{{[^,]*}} : i32, memref<4xi32>)
// CHECK: func.func private @should_compute_vectors_in_the_body_parallel0(%[[P:[^:]*]]: i32,
// CHECK: %[[B:.*]] = vector.broadcast %[[P]] : i32 to vector<3xi32>
// CHECK: %[[SUM:.*]] = arith.addi %[[B]], %{{.*}} : vector<3xi32>
// CHECK: vector.extract %[[SUM]][1]
func.func @should_compute_vectors_in_the_body(%step: memref<584xi8>, %x: memref<4xi32>, %p: i32) {
  %lanes = arith.constant dense<[0, 1, 2]> : vector<3xi32>
  %b = vector.broadcast %p : i32 to vector<3xi32>
  %sum = arith.addi %b, %lanes : vector<3xi32>
  scf.forall (%i) in (4) {
    %v = vector.extract %sum[1] : i32 from vector<3xi32>
    memref.store %v, %x[%i] : memref<4xi32>
  }
  return
}
