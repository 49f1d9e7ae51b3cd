// RUN: sluice-opt %s --sluice-cut-stages --split-input-file --verify-diagnostics | FileCheck %s

// Stages 0 and 2 are on one device: both read the parameter, and the owner adds the gradient of the other where that
// lies. Nothing is sent.
// CHECK-NOT: exchange
// CHECK-LABEL: func.func @train.forward.0()
// CHECK: sluice.read @w
// CHECK-LABEL: func.func @train.forward.2()
// CHECK: sluice.read @w
// CHECK-NOT: func.func @train.tied.0
// CHECK-LABEL: func.func @train.tied.2()
// CHECK-NEXT: %[[OWN:.*]] = sluice.fetch @g :
// CHECK-NEXT: %[[OTHER:.*]] = sluice.fetch @g.1 :
// CHECK-NEXT: %[[SUM:.*]] = call @sum(%[[OWN]], %[[OTHER]])
// CHECK-NEXT: sluice.store %[[SUM]], @g :
// CHECK-NOT: sluice.message
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 2, readers = array<i64: 0>}
sluice.slot gradient @g : tensor<4xf32> of @w {stage = 2}
sluice.slot gradient @g.1 : tensor<4xf32> of @w {stage = 0}
func.func private @layer(tensor<4xf32>) -> tensor<4xf32>
func.func private @sum(tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
sluice.slot result @r.0 : tensor<4xf32>
sluice.slot result @r.2 : tensor<4xf32>
func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %w = sluice.read @w : tensor<4xf32>
  %x = call @layer(%w) {sluice.stage = 0 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  sluice.store %x, @r.0 : tensor<4xf32>
  %y = call @layer(%w) {sluice.stage = 2 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  sluice.store %y, @r.2 : tensor<4xf32>
  return
}
func.func @train.tied() attributes {sluice.action = #sluice.action<tied>, sluice.graph = "train"} {
  %a = sluice.fetch @g : tensor<4xf32>
  %b = sluice.fetch @g.1 : tensor<4xf32>
  %s = call @sum(%a, %b) {sluice.stage = 2 : i64} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  sluice.store %s, @g : tensor<4xf32>
  return
}

// -----

// A stage between them reads it no more than any other.
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 2, readers = array<i64: 0>}
func.func private @layer(tensor<4xf32>) -> tensor<4xf32>
func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  // expected-error@+1 {{expected a parameter of stage 1, or one that it reads, found 'w' of stage 2}}
  %w = sluice.read @w : tensor<4xf32>
  %y = call @layer(%w) {sluice.stage = 1 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  return
}
