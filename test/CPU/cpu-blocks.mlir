// RUN: sluice-opt %s --pass-pipeline='builtin.module(func.func(sluice-cpu-blocks))' --split-input-file \
// RUN:   --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @should_find_the_blocks_through_one_structure
// CHECK-SAME:    (%[[STEP:.*]]: memref<584xi8>, %[[BLOCKS:.*]]: memref<40xi8>)
// CHECK-DAG:     %[[WEIGHTS:.*]] = sluice_cpu.pointee 0 of %[[BLOCKS]] : memref<40xi8> to memref<64xi8>
// CHECK-DAG:     %[[NEXT:.*]] = sluice_cpu.pointee 8 of %[[BLOCKS]] : memref<40xi8> to memref<64xi8>
// CHECK-DAG:     %[[PERSISTENT:.*]] = sluice_cpu.pointee 16 of %[[BLOCKS]] : memref<40xi8> to memref<128xi8>
// CHECK-DAG:     %[[FRAME:.*]] = sluice_cpu.pointee 24 of %[[BLOCKS]] : memref<40xi8> to memref<128xi8>
// CHECK-DAG:     %[[PLACE:.*]] = sluice_cpu.pointee 32 of %[[BLOCKS]] : memref<40xi8> to memref<64xi8>
// CHECK:         memref.copy %[[WEIGHTS]], %[[NEXT]]
// CHECK:         memref.copy %[[FRAME]], %[[PERSISTENT]]
// CHECK:         memref.copy %[[WEIGHTS]], %[[PLACE]]
func.func @should_find_the_blocks_through_one_structure(%step: memref<584xi8>, %weights: memref<64xi8>,
    %next: memref<64xi8>, %persistent: memref<128xi8>, %frame: memref<128xi8>, %in_place: memref<64xi8>)
    attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
  memref.copy %weights, %next : memref<64xi8> to memref<64xi8>
  memref.copy %frame, %persistent : memref<128xi8> to memref<128xi8>
  memref.copy %weights, %in_place : memref<64xi8> to memref<64xi8>
  return
}

// -----

// CHECK-LABEL: func.func @should_leave_functions_that_are_no_actions
// CHECK-SAME:    (%{{.*}}: memref<584xi8>, %{{.*}}: memref<64xi8>)
func.func @should_leave_functions_that_are_no_actions(%step: memref<584xi8>, %x: memref<64xi8>) {
  return
}

// -----

// expected-error @below {{expected an action that takes the step state and 5 blocks, found the type}}
func.func @should_refuse_an_action_with_other_arguments(%step: memref<584xi8>, %slots: memref<64xi8>)
    attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
  return
}
