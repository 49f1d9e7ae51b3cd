// RUN: sluice-opt %s --split-input-file --sluice-plan-slots --sluice-destination-passing | FileCheck %s

// A result is written where the caller says: into the first slot that it is stored to. Copies fill further ones.

module {
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>}
  sluice.slot kept @x : tensor<4xf32>
  sluice.slot kept @y : tensor<4xf32>
  func.func private @make() -> tensor<4xf32> {
    %x = sluice.zero : tensor<4xf32>
    return %x : tensor<4xf32>
  }
  func.func private @update(%w: tensor<4xf32> {sluice.updates = 0 : i64}) -> tensor<4xf32> {
    %a = sluice.scale %w by 2.0 : tensor<4xf32>
    return %a : tensor<4xf32>
  }
  func.func private @read(%x: tensor<4xf32>) -> tensor<4xf32> {
    return %x : tensor<4xf32>
  }

  // CHECK-LABEL: func.func @should_write_a_result_into_its_slot
  // CHECK: %[[X:.*]] = memref.view %arg4
  // CHECK-NEXT: call @make(%arg0, %[[X]]) {sluice.place = "train.h.0.forward"}
  // CHECK-NEXT: return
  func.func @should_write_a_result_into_its_slot()
      attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
    %x = call @make() {sluice.place = "train.h.0.forward"} : () -> tensor<4xf32>
    sluice.store %x, @x : tensor<4xf32>
    return
  }

  // CHECK-LABEL: func.func @should_write_a_result_without_a_slot_to_memory_of_the_action
  // CHECK: %[[X:.*]] = memref.alloc() : memref<4xf32>
  // CHECK-NEXT: call @make(%arg0, %[[X]])
  // CHECK: %[[Y:.*]] = memref.view %arg4
  // CHECK-NEXT: call @read(%arg0, %[[X]], %[[Y]])
  func.func @should_write_a_result_without_a_slot_to_memory_of_the_action()
      attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train"} {
    %x = call @make() : () -> tensor<4xf32>
    %y = call @read(%x) : (tensor<4xf32>) -> tensor<4xf32>
    sluice.store %y, @y : tensor<4xf32>
    return
  }

  // CHECK-LABEL: func.func @should_copy_to_a_second_slot
  // CHECK: %[[FIRST:.*]] = memref.view %arg4
  // CHECK: call @make(%arg0, %[[FIRST]])
  // CHECK: %[[SECOND:.*]] = memref.view %arg4
  // CHECK-NEXT: memref.copy %[[FIRST]], %[[SECOND]]
  // CHECK-NOT: memref.copy
  // CHECK: return
  func.func @should_copy_to_a_second_slot()
      attributes {sluice.action = #sluice.action<norm>, sluice.graph = "train"} {
    %x = call @make() : () -> tensor<4xf32>
    sluice.store %x, @x : tensor<4xf32>
    sluice.store %x, @y : tensor<4xf32>
    return
  }

  // The value lies in the slot of the argument that was updated: another one gets a copy.
  // CHECK-LABEL: func.func @should_copy_what_is_updated_in_another_place
  // CHECK: %[[X:.*]] = memref.view %arg4
  // CHECK-NEXT: call @update(%arg0, %[[X]])
  // CHECK: %[[W:.*]] = memref.view %arg2
  // CHECK-NEXT: memref.copy %[[X]], %[[W]]
  func.func @should_copy_what_is_updated_in_another_place()
      attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
    %x = sluice.fetch @x : tensor<4xf32>
    %new = call @update(%x) : (tensor<4xf32>) -> tensor<4xf32>
    sluice.write %new, @w : tensor<4xf32>
    return
  }

  // CHECK-LABEL: func.func @should_copy_nothing_that_is_in_its_place
  // CHECK: call @update
  // CHECK-NEXT: return
  func.func @should_copy_nothing_that_is_in_its_place()
      attributes {sluice.action = #sluice.action<tied>, sluice.graph = "train"} {
    %x = sluice.fetch @x : tensor<4xf32>
    %new = call @update(%x) : (tensor<4xf32>) -> tensor<4xf32>
    sluice.store %new, @x : tensor<4xf32>
    return
  }
}

// -----

// A branch that yields what lies elsewhere copies it; both branches agree on the place.
module {
  sluice.slot gate @gates : tensor<2xf64>
  sluice.slot kept @x : tensor<4xf32>
  sluice.slot kept @y : tensor<4xf32>
  func.func private @layer(%x: tensor<4xf32>) -> tensor<4xf32> {
    return %x : tensor<4xf32>
  }
  // CHECK-LABEL: func.func @should_copy_the_input_of_a_layer_that_is_dropped
  // CHECK: memref.view {{.*}} to memref<2xf64>
  // CHECK: %[[X:.*]] = memref.view
  // CHECK: %[[OPEN:.*]] = arith.ori
  // CHECK: %[[Y:.*]] = memref.view
  // CHECK: scf.if %[[OPEN]] {
  // CHECK-NEXT: func.call @layer(%arg0, %[[X]], %[[Y]])
  // CHECK-NEXT: } else {
  // CHECK-NEXT: memref.copy %[[X]], %[[Y]]
  // CHECK-NEXT: }
  // CHECK-NEXT: return
  func.func @should_copy_the_input_of_a_layer_that_is_dropped()
      attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
    %gates = sluice.fetch @gates : tensor<2xf64>
    %x = sluice.fetch @x : tensor<4xf32>
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %zero = arith.constant 0.0 : f64
    %first = tensor.extract %gates[%c0] : tensor<2xf64>
    %second = tensor.extract %gates[%c1] : tensor<2xf64>
    %runs_first = arith.cmpf ogt, %first, %zero : f64
    %runs_second = arith.cmpf ogt, %second, %zero : f64
    %open = arith.ori %runs_first, %runs_second : i1
    %y = scf.if %open -> tensor<4xf32> {
      %run = func.call @layer(%x) : (tensor<4xf32>) -> tensor<4xf32>
      scf.yield %run : tensor<4xf32>
    } else {
      scf.yield %x : tensor<4xf32>
    }
    sluice.store %y, @y : tensor<4xf32>
    return
  }
}
