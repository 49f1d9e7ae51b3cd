// RUN: sluice-opt %s --sluice-plan-slots --sluice-destination-passing | FileCheck %s

module attributes {sluice.scalars = [{name = "rate", value = 1.0, help = ""}, {name = "other", value = 2.0, help = ""}]} {
  sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>}
  sluice.slot kept @x : tensor<4xf32>

  // The first argument is updated in place and is where the first result goes; the second result has a destination.
  // CHECK-LABEL: func.func private @update
  // CHECK-SAME: (%{{.*}}: memref<568xi8>, %[[W:.*]]: memref<4xf32>, %{{.*}}: memref<f32>, %[[OUT:.*]]: memref<4xf32>)
  // CHECK: bufferization.to_tensor %[[W]] restrict writable
  // CHECK: materialize_in_destination %{{.*}} in restrict writable %[[W]]
  // CHECK: materialize_in_destination %{{.*}} in restrict writable %[[OUT]]
  func.func private @update(%w: tensor<4xf32> {sluice.updates = 0 : i64}, %r: tensor<f32>) -> (tensor<4xf32>, tensor<4xf32>) {
    %a = sluice.mul %w, %r : tensor<4xf32>, tensor<f32>
    %b = sluice.scale %w by 2.0 : tensor<4xf32>
    return %a, %b : tensor<4xf32>, tensor<4xf32>
  }

  // Reads and slots are views of the blocks, run-time scalars are loaded from the step; nothing is copied.
  // CHECK-LABEL: func.func @act
  // CHECK-SAME: (%[[STEP:.*]]: memref<568xi8>, %[[PARAMETERS:.*]]: memref<64xi8>, %[[SLOTS:.*]]: memref<128xi8>)
  // CHECK: %[[W:.*]] = memref.view %[[PARAMETERS]]
  // CHECK: %[[C24:.*]] = arith.constant 24 : index
  // CHECK: memref.view %[[STEP]][%[[C24]]][] : memref<568xi8> to memref<f64>
  // CHECK: %[[RATE:.*]] = memref.alloc() : memref<f32>
  // CHECK: %[[X:.*]] = memref.view %[[SLOTS]]
  // CHECK: call @update(%[[STEP]], %[[W]], %[[RATE]], %[[X]])
  // CHECK-NOT: memref.copy
  // CHECK: return
  func.func @act() attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
    %w = sluice.read @w : tensor<4xf32>
    %r = sluice.scalar "other" : tensor<f32>
    %y:2 = call @update(%w, %r) : (tensor<4xf32>, tensor<f32>) -> (tensor<4xf32>, tensor<4xf32>)
    sluice.write %y#0, @w : tensor<4xf32>
    sluice.store %y#1, @x : tensor<4xf32>
    return
  }
}
