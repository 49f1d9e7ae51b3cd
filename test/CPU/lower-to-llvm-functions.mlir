// RUN: sluice-opt %s --sluice-lower-to-llvm --split-input-file | FileCheck %s

// Functions take buffers as bare pointers. Only actions and entries of loops are called from outside.

// Layers are called many times: inlined, each call would cost compile time anew.
// CHECK: llvm.func internal @should_not_inline_a_layer(%{{[^,]*}}: !llvm.ptr, %{{[^,]*}}: !llvm.ptr) attributes
// CHECK-SAME: passthrough = ["noinline"]
// CHECK: llvm.func @should_be_called_from_outside(
// CHECK-NOT: noinline
// CHECK: llvm.return
func.func private @should_not_inline_a_layer(%step: memref<584xi8>, %x: memref<4xf32>) {
  return
}
func.func @should_be_called_from_outside(%step: memref<584xi8>, %x: memref<4xf32>) {
  call @should_not_inline_a_layer(%step, %x) : (memref<584xi8>, memref<4xf32>) -> ()
  return
}

// -----

// The body of a loop has one caller, its entry, into which it may be inlined. Loops that share a body share the entry.
// CHECK: llvm.func internal @should_be_inlined_into_its_entry(
// CHECK-NOT: noinline
// CHECK: llvm.return
// CHECK: llvm.func internal @should_be_inlined_into_its_entry_entry(
// CHECK-NOT: llvm.func
// CHECK: }
func.func @loops(%step: memref<584xi8>) {
  sluice_cpu.parallel_for @should_be_inlined_into_its_entry count 4 step %step : memref<584xi8>
  sluice_cpu.parallel_for @should_be_inlined_into_its_entry count 8 step %step : memref<584xi8>
  return
}
func.func private @should_be_inlined_into_its_entry(%begin: index, %end: index, %scratch: memref<0xi8>) {
  return
}

// -----

// Without captures the context still is an address: of one word.
// CHECK-LABEL: llvm.func @should_pass_an_empty_context
// CHECK: %[[ONE:.*]] = llvm.mlir.constant(1 : i64)
// CHECK: %[[CONTEXT:.*]] = llvm.alloca %[[ONE]] x i64 {alignment = 8 : i64}
// CHECK: llvm.mlir.constant(4 : i64)
// CHECK: llvm.call @sluice_parallel_for(%{{.*}}, %{{.*}}, %{{.*}}, %[[CONTEXT]], %{{.*}})
func.func @should_pass_an_empty_context(%step: memref<584xi8>) {
  sluice_cpu.parallel_for @body count 4 step %step : memref<584xi8>
  return
}
func.func private @body(%begin: index, %end: index, %scratch: memref<0xi8>) {
  return
}

// -----

// A module without loops needs nothing of the runtime.
// CHECK-NOT: sluice_parallel_for
// CHECK-NOT: sluice.kernels
// CHECK: llvm.func @should_declare_nothing
func.func @should_declare_nothing(%x: memref<4xf32>) {
  return
}

// -----

// The pointer to an input lies in the step state, 8 bytes each from byte 544 on.
// CHECK-LABEL: llvm.func @should_load_the_address_of_an_input
// CHECK-SAME: (%[[STEP:.*]]: !llvm.ptr)
// CHECK: %[[FIELD:.*]] = llvm.getelementptr %{{.*}}[560] : (!llvm.ptr) -> !llvm.ptr, i8
// CHECK: llvm.load %[[FIELD]] : !llvm.ptr -> !llvm.ptr
func.func @should_load_the_address_of_an_input(%step: memref<584xi8>) -> i32 {
  %c0 = arith.constant 0 : index
  %tokens = sluice_cpu.pointee 560 of %step : memref<584xi8> to memref<8xi32>
  %token = memref.load %tokens[%c0] : memref<8xi32>
  return %token : i32
}
