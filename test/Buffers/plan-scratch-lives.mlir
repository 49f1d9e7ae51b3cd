// RUN: sluice-opt %s --sluice-plan-scratch --split-input-file | FileCheck %s

// An allocation lives from its first to its last use, as positions in the entry block; others take its bytes before
// and after.

// What a branch yields may be either of two: both live on.
// CHECK-LABEL: func.func @should_keep_alive_what_a_branch_yields(
// CHECK-SAME: memref<192xi8>
// CHECK-SAME: sluice.scratch_bytes = 192
func.func @should_keep_alive_what_a_branch_yields(%step: memref<584xi8>, %out: memref<16xf32>, %condition: i1) {
  %a = memref.alloc() : memref<16xf32>
  %b = memref.alloc() : memref<16xf32>
  %later = memref.alloc() : memref<16xf32>
  %either = scf.if %condition -> memref<16xf32> {
    memref.copy %out, %a : memref<16xf32> to memref<16xf32>
    scf.yield %a : memref<16xf32>
  } else {
    memref.copy %out, %b : memref<16xf32> to memref<16xf32>
    scf.yield %b : memref<16xf32>
  }
  memref.copy %out, %later : memref<16xf32> to memref<16xf32>
  memref.copy %later, %out : memref<16xf32> to memref<16xf32>
  memref.copy %either, %out : memref<16xf32> to memref<16xf32>
  return
}

// -----

// The buffer that a loop carries is the allocation in the first iteration, and is used until the loop's result is.
// CHECK-LABEL: func.func @should_keep_alive_what_a_loop_carries(
// CHECK-SAME: memref<192xi8>
func.func @should_keep_alive_what_a_loop_carries(%step: memref<584xi8>, %out: memref<16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %a = memref.alloc() : memref<16xf32>
  %b = memref.alloc() : memref<16xf32>
  %later = memref.alloc() : memref<16xf32>
  %last, %other = scf.for %i = %c0 to %c4 step %c1 iter_args(%x = %a, %y = %b) -> (memref<16xf32>, memref<16xf32>) {
    memref.copy %x, %y : memref<16xf32> to memref<16xf32>
    scf.yield %y, %x : memref<16xf32>, memref<16xf32>
  }
  memref.copy %out, %later : memref<16xf32> to memref<16xf32>
  memref.copy %later, %out : memref<16xf32> to memref<16xf32>
  memref.copy %last, %out : memref<16xf32> to memref<16xf32>
  memref.copy %other, %out : memref<16xf32> to memref<16xf32>
  return
}

// -----

// CHECK-LABEL: func.func @should_reuse_memory_after_the_last_use(
// CHECK-SAME: memref<64xi8>
// CHECK: %[[A:.*]] = arith.constant 0 : index
// CHECK: memref.view %{{.*}}[%[[A]]]
// CHECK: %[[B:.*]] = arith.constant 0 : index
// CHECK: memref.view %{{.*}}[%[[B]]]
func.func @should_reuse_memory_after_the_last_use(%step: memref<584xi8>, %out: memref<16xf32>) {
  %a = memref.alloc() : memref<16xf32>
  %b = memref.alloc() : memref<15xf32>
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%a : memref<16xf32>)
  linalg.fill ins(%zero : f32) outs(%b : memref<15xf32>)
  return
}

// -----

// Two calls in one branch or loop run one after another: the larger need is enough.
// CHECK-LABEL: func.func @should_give_calls_at_one_time_the_larger_need(
// CHECK-SAME: memref<256xi8>
// CHECK: scf.if
// CHECK: memref.view %{{.*}} : memref<256xi8> to memref<64xi8>
// CHECK: func.call @small
// CHECK: memref.view %{{.*}} : memref<256xi8> to memref<256xi8>
// CHECK: func.call @large
func.func @should_give_calls_at_one_time_the_larger_need(%step: memref<584xi8>, %condition: i1) {
  scf.if %condition {
    func.call @small(%step) : (memref<584xi8>) -> ()
  } else {
    func.call @large(%step) : (memref<584xi8>) -> ()
  }
  return
}
func.func private @small(%step: memref<584xi8>) {
  %a = memref.alloc() : memref<16xf32>
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%a : memref<16xf32>)
  return
}
func.func private @large(%step: memref<584xi8>) {
  %a = memref.alloc() : memref<64xf32>
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%a : memref<64xf32>)
  return
}

// -----

// Functions that are only declared plan for themselves.
// CHECK-LABEL: func.func @should_pass_no_scratch_to_an_external_function(
// CHECK-SAME: memref<0xi8>
// CHECK: call @external(%{{[^,]*}}) : (memref<584xi8>) -> ()
func.func private @external(memref<584xi8>)
func.func @should_pass_no_scratch_to_an_external_function(%step: memref<584xi8>) {
  call @external(%step) : (memref<584xi8>) -> ()
  return
}
