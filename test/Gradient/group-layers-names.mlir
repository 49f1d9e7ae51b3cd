// What is wrapped, by what name, and what the wrapping layer takes.
// RUN: sluice-opt %s --pass-pipeline="builtin.module(sluice.graph(sluice-group-layers))" --verify-roundtrip \
// RUN:   | FileCheck %s

sluice.parameter @w : tensor<4x4xf32> {init = #sluice.constant<1.0>}

// A graph without layers becomes one. Operands stand in its groups by what they are: the stream and other floats,
// parameters, integers, and what differs between layers.
// CHECK-LABEL: sluice.graph @should_wrap_a_graph_without_layers
// CHECK-SAME: (%[[T:.*]]: tensor<4xi32>)
// CHECK-DAG: %[[W:.*]] = sluice.read @w
// CHECK-DAG: %[[K:.*]] = sluice.key
// CHECK-DAG: %[[R:.*]] = sluice.scalar "rate"
// CHECK-DAG: %[[N:.*]] = arith.constant dense<1> : tensor<1xi32>
// CHECK: sluice.layer "model" () parameters(%{{.*}} = %[[W]] : tensor<4x4xf32>)
// CHECK-SAME: broadcast(%{{.*}} = %[[T]] : tensor<4xi32>, %{{.*}} = %[[K]] : tensor<4xi32>)
// CHECK-SAME: scalars(%{{.*}} = %[[N]] : tensor<1xi32>, %{{.*}} = %[[R]] : tensor<f64>) -> tensor<4x4xf32> {
// CHECK-NEXT: sluice.embedding
// CHECK-NEXT: sluice.dropout
// CHECK-NEXT: sluice.yield
sluice.graph @should_wrap_a_graph_without_layers(%t: tensor<4xi32>) -> tensor<4x4xf32> {
  %w = sluice.read @w : tensor<4x4xf32>
  %x = sluice.embedding %t, %w : tensor<4xi32>, tensor<4x4xf32> to tensor<4x4xf32>
  %k = sluice.key : tensor<4xi32>
  %n = arith.constant dense<1> : tensor<1xi32>
  %r = sluice.scalar "rate" : tensor<f64>
  %y = sluice.dropout %x, %k, %n rate %r ordinal 0 : tensor<4x4xf32>, tensor<4xi32>, tensor<1xi32>, tensor<f64>
  sluice.return %y : tensor<4x4xf32>
}

// Nothing stands in front of the first layer or behind the last: nothing is wrapped.
// CHECK-LABEL: sluice.graph @should_leave_layers_in_a_row
// CHECK: sluice.layer "h.0" depth 1 of 2
// CHECK: sluice.layer "h.1" depth 2 of 2
// CHECK-NOT: sluice.layer
sluice.graph @should_leave_layers_in_a_row() -> tensor<4x4xf32> {
  %w = sluice.read @w : tensor<4x4xf32>
  %y = sluice.layer "h.0" depth 1 of 2 (%a = %w : tensor<4x4xf32>) -> tensor<4x4xf32> {
    sluice.yield %a : tensor<4x4xf32>
  }
  %z = sluice.layer "h.1" depth 2 of 2 (%a = %y : tensor<4x4xf32>) -> tensor<4x4xf32> {
    sluice.yield %a : tensor<4x4xf32>
  }
  sluice.return %z : tensor<4x4xf32>
}

// Zeros are computed, so they are in a layer. Of the results only those that something else uses are yielded.
// CHECK-LABEL: sluice.graph @should_yield_what_is_used_outside
// CHECK-NOT: sluice.zero
// CHECK: %[[E:.*]] = sluice.layer "embeddings" () parameters({{.*}}) -> tensor<4x4xf32> {
// CHECK-NEXT: sluice.zero
// CHECK-NEXT: sluice.add
// CHECK-NEXT: %[[S:.*]] = sluice.scale
// CHECK-NEXT: sluice.yield %[[S]] : tensor<4x4xf32>
// CHECK: %[[Y:.*]] = sluice.layer "h.0" depth 1 of 1 (%{{.*}} = %[[E]] : tensor<4x4xf32>)
// CHECK: %[[H:.*]]:2 = sluice.layer "head" (%{{.*}} = %[[Y]] : tensor<4x4xf32>, %{{.*}} = %[[E]] : tensor<4x4xf32>)
// CHECK-SAME: -> (tensor<4x4xf32>, tensor<4x4xf32>) {
// CHECK: sluice.return %[[H]]#0, %[[H]]#1
sluice.graph @should_yield_what_is_used_outside() -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %w = sluice.read @w : tensor<4x4xf32>
  %z = sluice.zero : tensor<4x4xf32>
  %x = sluice.add %w, %z : tensor<4x4xf32>, tensor<4x4xf32>
  %s = sluice.scale %x by 2.0 : tensor<4x4xf32>
  %y = sluice.layer "h.0" depth 1 of 1 (%a = %s : tensor<4x4xf32>) -> tensor<4x4xf32> {
    sluice.yield %a : tensor<4x4xf32>
  }
  %b = sluice.mul %y, %s : tensor<4x4xf32>, tensor<4x4xf32>
  %c = sluice.relu %b : tensor<4x4xf32>
  sluice.return %b, %c : tensor<4x4xf32>, tensor<4x4xf32>
}
