// RUN: sluice-opt %s --sluice-lower-to-llvm --split-input-file | FileCheck %s

// An action is written as calls on addresses where every address is known: constant offsets in its arguments. Anything
// else makes it a function like others, with descriptors of buffers. "passthrough" marks the short form, which LLVM
// must not spend time on.

func.func private @layer(memref<584xi8>, memref<4xf32>)

// CHECK: llvm.func @should_read_an_input_through_the_step_state(%[[STEP:[^:]*]]: !llvm.ptr
// CHECK-SAME: passthrough
// CHECK: %[[C552:.*]] = llvm.mlir.constant(552 : i64)
// CHECK: %[[FIELD:.*]] = llvm.getelementptr %[[STEP]][%[[C552]]]
// CHECK: %[[INPUT:.*]] = llvm.load %[[FIELD]] : !llvm.ptr -> !llvm.ptr
// CHECK: llvm.call @layer(%[[STEP]], %[[INPUT]])
func.func @should_read_an_input_through_the_step_state(%step: memref<584xi8>, %slots: memref<64xi8>)
    attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %x = sluice_cpu.pointee 552 of %step : memref<584xi8> to memref<4xf32>
  call @layer(%step, %x) : (memref<584xi8>, memref<4xf32>) -> ()
  return
}

// -----

func.func private @layer(memref<584xi8>, memref<4xf32>)

// CHECK: llvm.func @should_find_a_view_behind_a_pointer(%{{[^:]*}}: !llvm.ptr, %[[BLOCKS:[^:]*]]: !llvm.ptr
// CHECK-SAME: passthrough
// CHECK: %[[C16:.*]] = llvm.mlir.constant(16 : i64)
// CHECK: %[[FIELD:.*]] = llvm.getelementptr %[[BLOCKS]][%[[C16]]]
// CHECK: %[[BLOCK:.*]] = llvm.load %[[FIELD]] : !llvm.ptr -> !llvm.ptr
// CHECK: %[[C192:.*]] = llvm.mlir.constant(192 : i64)
// CHECK: %[[X:.*]] = llvm.getelementptr %[[BLOCK]][%[[C192]]]
// CHECK: llvm.call @layer(%{{.*}}, %[[X]])
func.func @should_find_a_view_behind_a_pointer(%step: memref<584xi8>, %blocks: memref<32xi8>)
    attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %c192 = arith.constant 192 : index
  %persistent = sluice_cpu.pointee 16 of %blocks : memref<32xi8> to memref<256xi8>
  %x = memref.view %persistent[%c192][] : memref<256xi8> to memref<4xf32>
  call @layer(%step, %x) : (memref<584xi8>, memref<4xf32>) -> ()
  return
}

// -----

func.func private @layer(memref<584xi8>, memref<2x3xf32>)

// Element [1, 2] of the matrix is at 4 (3 + 2) bytes.
// CHECK: llvm.func @should_fold_constant_indices_to_an_offset
// CHECK-SAME: passthrough
// CHECK: %[[C20:.*]] = llvm.mlir.constant(20 : i64)
// CHECK: %[[FROM:.*]] = llvm.getelementptr %{{.*}}[%[[C20]]]
// CHECK: llvm.load %[[FROM]] : !llvm.ptr -> f32
func.func @should_fold_constant_indices_to_an_offset(%step: memref<584xi8>, %slots: memref<64xi8>)
    attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %x = memref.view %slots[%c0][] : memref<64xi8> to memref<2x3xf32>
  %v = memref.load %x[%c1, %c2] : memref<2x3xf32>
  memref.store %v, %x[%c0, %c0] : memref<2x3xf32>
  call @layer(%step, %x) : (memref<584xi8>, memref<2x3xf32>) -> ()
  return
}

// -----

func.func private @layer(memref<584xi8>, memref<4xf32>)

// A copy between slots is no call.
// CHECK: llvm.func @should_lower_copies_as_usual
// CHECK-NOT: passthrough
// CHECK: "llvm.intr.memcpy"
// CHECK: llvm.call @layer
func.func @should_lower_copies_as_usual(%step: memref<584xi8>, %slots: memref<64xi8>)
    attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %c0 = arith.constant 0 : index
  %c16 = arith.constant 16 : index
  %x = memref.view %slots[%c0][] : memref<64xi8> to memref<4xf32>
  %y = memref.view %slots[%c16][] : memref<64xi8> to memref<4xf32>
  memref.copy %x, %y : memref<4xf32> to memref<4xf32>
  call @layer(%step, %y) : (memref<584xi8>, memref<4xf32>) -> ()
  return
}

// -----

func.func private @layer(memref<584xi8>, memref<4xf32>)

// CHECK: llvm.func @should_lower_computed_offsets_as_usual
// CHECK-NOT: passthrough
// CHECK: llvm.return
func.func @should_lower_computed_offsets_as_usual(%step: memref<584xi8>, %slots: memref<64xi8>)
    attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %c0 = arith.constant 0 : index
  %first = memref.view %slots[%c0][] : memref<64xi8> to memref<1xi32>
  %number = memref.load %first[%c0] : memref<1xi32>
  %offset = arith.index_cast %number : i32 to index
  %x = memref.view %slots[%offset][] : memref<64xi8> to memref<4xf32>
  call @layer(%step, %x) : (memref<584xi8>, memref<4xf32>) -> ()
  return
}

// -----

func.func private @number() -> f32

// CHECK: llvm.func @should_lower_calls_with_results_as_usual
// CHECK-NOT: passthrough
// CHECK: llvm.return
func.func @should_lower_calls_with_results_as_usual(%step: memref<584xi8>, %slots: memref<64xi8>)
    attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %c0 = arith.constant 0 : index
  %x = memref.view %slots[%c0][] : memref<64xi8> to memref<4xf32>
  %v = call @number() : () -> f32
  memref.store %v, %x[%c0] : memref<4xf32>
  return
}
