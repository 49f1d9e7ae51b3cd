// RUN: sluice-opt %s --pass-pipeline='builtin.module(func.func(sluice-cpu-inputs))' --split-input-file \
// RUN:   --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @should_find_inputs_through_the_step_state
// CHECK-SAME:    (%[[STEP:.*]]: memref<584xi8>,
// CHECK:         %[[TOKENS:.*]] = sluice_cpu.pointee 544 of %[[STEP]] : memref<584xi8> to memref<2x8xi32>
// CHECK:         %[[TARGETS:.*]] = sluice_cpu.pointee 552 of %[[STEP]] : memref<584xi8> to memref<2x8xi32>
// CHECK:         memref.copy %[[TOKENS]], %[[TARGETS]]
// CHECK-NOT:     sluice.input
func.func @should_find_inputs_through_the_step_state(%step: memref<584xi8>, %slots: memref<64xi8>) {
  %tokens = sluice.input 0 : memref<2x8xi32>
  %targets = sluice.input 1 : memref<2x8xi32>
  memref.copy %tokens, %targets : memref<2x8xi32> to memref<2x8xi32>
  return
}

// -----

// CHECK-LABEL: func.func @should_leave_inputs_that_are_tensors
// CHECK:         sluice.input 0 : tensor<2x8xi32>
func.func @should_leave_inputs_that_are_tensors() -> tensor<2x8xi32> {
  %tokens = sluice.input 0 : tensor<2x8xi32>
  return %tokens : tensor<2x8xi32>
}

// -----

// expected-note @below {{'without_step' has type '(memref<64xi8>) -> ()'}}
func.func @without_step(%slots: memref<64xi8>) {
  // expected-error @below {{expected a function whose first argument is the step state}}
  %tokens = sluice.input 0 : memref<2x8xi32>
  return
}
