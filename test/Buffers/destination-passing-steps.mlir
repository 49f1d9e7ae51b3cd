// RUN: sluice-opt %s --split-input-file --sluice-plan-slots --sluice-destination-passing | FileCheck %s

// What an action reads has a place already: in the step state or in a block of memory.

// The key of a micro-batch is the first words of the step state; that of the gates, one for a step, follows.
// CHECK-LABEL: func.func @should_view_keys_in_the_step_state
// CHECK-SAME: (%[[STEP:[^:]*]]: memref<584xi8>, %{{[^:]*}}: memref<0xi8>, %{{[^:]*}}: memref<0xi8>,
// CHECK-SAME: {{^}} %{{[^:]*}}: memref<0xi8>, %{{[^:]*}}: memref<64xi8>, %{{[^:]*}}: memref<0xi8>)
// CHECK: %[[C0:.*]] = arith.constant 0 : index
// CHECK-NEXT: %[[KEY:.*]] = memref.view %[[STEP]][%[[C0]]][] : memref<584xi8> to memref<4xi32>
// CHECK: %[[C16:.*]] = arith.constant 16 : index
// CHECK-NEXT: %[[GATES:.*]] = memref.view %[[STEP]][%[[C16]]][] : memref<584xi8> to memref<4xi32>
// CHECK: call @use(%[[STEP]], %[[KEY]], %[[GATES]], %{{.*}})
module {
  sluice.slot kept @x : tensor<4xf32>
  func.func private @use(%key: tensor<4xi32>, %gates: tensor<4xi32>) -> tensor<4xf32> {
    %x = sluice.zero : tensor<4xf32>
    return %x : tensor<4xf32>
  }
  func.func @should_view_keys_in_the_step_state()
      attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
    %key = sluice.key : tensor<4xi32>
    %gates = sluice.key gates : tensor<4xi32>
    %x = call @use(%key, %gates) : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xf32>
    sluice.store %x, @x : tensor<4xf32>
    return
  }
}

// -----

// How an input reaches memory is the target's affair: it stays an input, but a buffer.
// CHECK-LABEL: func.func @should_leave_inputs_to_the_target
// CHECK: %[[TOKENS:.*]] = sluice.input 1 : memref<2xi32>
// CHECK: call @use(%{{.*}}, %[[TOKENS]], %{{.*}})
module {
  sluice.slot kept @x : tensor<4xf32>
  func.func private @use(%tokens: tensor<2xi32>) -> tensor<4xf32> {
    %x = sluice.zero : tensor<4xf32>
    return %x : tensor<4xf32>
  }
  func.func @should_leave_inputs_to_the_target()
      attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
    %tokens = sluice.input 1 : tensor<2xi32>
    %x = call @use(%tokens) : (tensor<2xi32>) -> tensor<4xf32>
    sluice.store %x, @x : tensor<4xf32>
    return
  }
}

// -----

// Scalars are doubles in the step state, and rounded where the model computes in f32.
// CHECK-LABEL: func.func @should_round_a_scalar_to_the_type_of_its_use
// CHECK: %[[RATE:.*]] = memref.load {{.*}} : memref<f64>
// CHECK: %[[ROUNDED:.*]] = arith.truncf %[[RATE]] : f64 to f32
// CHECK: memref.store %[[ROUNDED]], %[[NARROW:.*]][] : memref<f32>
// CHECK: %[[WHOLE:.*]] = memref.load {{.*}} : memref<f64>
// CHECK-NEXT: %[[WIDE:.*]] = memref.alloc() : memref<f64>
// CHECK-NEXT: memref.store %[[WHOLE]], %[[WIDE]][] : memref<f64>
// CHECK: call @use(%{{.*}}, %[[NARROW]], %[[WIDE]], %{{.*}})
module attributes {sluice.scalars = [{name = "rate", value = 1.0, help = ""}]} {
  sluice.slot kept @x : tensor<4xf32>
  func.func private @use(%narrow: tensor<f32>, %wide: tensor<f64>) -> tensor<4xf32> {
    %x = sluice.zero : tensor<4xf32>
    return %x : tensor<4xf32>
  }
  func.func @should_round_a_scalar_to_the_type_of_its_use()
      attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
    %narrow = sluice.scalar "rate" : tensor<f32>
    %wide = sluice.scalar "rate" : tensor<f64>
    %x = call @use(%narrow, %wide) : (tensor<f32>, tensor<f64>) -> tensor<4xf32>
    sluice.store %x, @x : tensor<4xf32>
    return
  }
}
