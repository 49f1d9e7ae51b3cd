// RUN: sluice-opt %s --sluice-cut-stages | FileCheck %s

// Two stages. Values that another stage needs are stored to a slot, sent behind the action, and fetched there.

sluice.parameter @v : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0}
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1}
sluice.slot gate @counts : tensor<2xf32>
sluice.slot gradient @gradient.v : tensor<4xf32> of @v
sluice.slot gradient @gradient.w : tensor<4xf32> of @w
sluice.slot kept @kept.gates : tensor<2xf32>
sluice.slot kept @kept.w : tensor<4xf32>
sluice.slot state @momentum.w : tensor<4xf32> of @w {role = "momentum_buffer"}
sluice.slot norm @norm.v : tensor<f64> {role = "v"}
sluice.slot norm @norm.w : tensor<f64> {role = "w"}
sluice.slot result @loss : tensor<f32> {sluice.graph = "train"}

// Every slot says its stage: that of what is stored there.
// CHECK: gate @counts : tensor<2xf32> {stage = 0 : i64}
// CHECK-NEXT: gradient @gradient.v : tensor<4xf32> of @v {stage = 0 : i64}
// CHECK-NEXT: gradient @gradient.w : tensor<4xf32> of @w {stage = 1 : i64}
// CHECK-NEXT: kept @kept.gates : tensor<2xf32> {stage = 0 : i64}
// CHECK-NEXT: kept @kept.w : tensor<4xf32> {stage = 1 : i64}
// CHECK-NEXT: state @momentum.w : tensor<4xf32> of @w {role = "momentum_buffer", stage = 1 : i64}
// CHECK-NEXT: norm @norm.v : tensor<f64> {role = "v", stage = 0 : i64}
// CHECK-NEXT: norm @norm.w : tensor<f64> {role = "w", stage = 1 : i64}
// CHECK-NEXT: result @loss : tensor<f32> {sluice.graph = "train", stage = 1 : i64}
// CHECK-NEXT: boundary @train.forward.boundary : tensor<4xf32> {stage = 0 : i64}
// CHECK-NEXT: boundary @train.backward.boundary : tensor<4xf32> {stage = 1 : i64}
// CHECK-NEXT: boundary @kept.gates.stage.1 : tensor<2xf32> {stage = 1 : i64}
// CHECK-NEXT: boundary @train.forward.boundary.stage.1 : tensor<4xf32> {stage = 1 : i64}
// CHECK-NEXT: boundary @train.backward.boundary.stage.0 : tensor<4xf32> {stage = 0 : i64}

func.func private @layer(tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
func.func private @gates() -> tensor<2xf32>
func.func private @count(tensor<2xf32>) -> tensor<2xf32>
func.func private @head(tensor<4xf32>, tensor<4xf32>) -> (tensor<f32>, tensor<4xf32>, tensor<4xf32>)
func.func private @norm(tensor<4xf32>) -> tensor<f64>
func.func private @update(tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)

// Reads, inputs and what says whether a gate is open are made anew on the stage that uses them. Nothing is sent that
// has a slot to be sent from already: the gates are kept.
// CHECK-LABEL: func.func @train.forward.0()
// CHECK-SAME: sluice.action = #sluice.action<forward>, sluice.graph = "train", sluice.stage = 0 : i64
// CHECK-NEXT: %[[V:.*]] = sluice.read @v
// CHECK-NEXT: %[[X:.*]] = call @layer(%[[V]], %[[V]]) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
// CHECK-NEXT: sluice.store %[[X]], @train.forward.boundary :
// CHECK-NEXT: %[[GATES:.*]] = call @gates() : () -> tensor<2xf32>
// CHECK-NEXT: sluice.store %[[GATES]], @kept.gates :
// CHECK-NEXT: return

// CHECK-LABEL: func.func @train.forward.1()
// CHECK-SAME: sluice.stage = 1 : i64
// CHECK-NEXT: %[[GATES:.*]] = sluice.fetch @kept.gates.stage.1
// CHECK-NEXT: %[[C0:.*]] = arith.constant 0 : index
// CHECK-NEXT: %[[FIRST:.*]] = tensor.extract %[[GATES]][%[[C0]]]
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant 0.0
// CHECK-NEXT: %[[A:.*]] = arith.cmpf ogt, %[[FIRST]], %[[ZERO]]
// CHECK-NEXT: %[[C1:.*]] = arith.constant 1 : index
// CHECK-NEXT: %[[SECOND:.*]] = tensor.extract %[[GATES]][%[[C1]]]
// CHECK-NEXT: %[[B:.*]] = arith.cmpf ogt, %[[SECOND]], %[[ZERO]]
// CHECK-NEXT: %[[OPEN:.*]] = arith.ori %[[A]], %[[B]]
// CHECK-NEXT: %[[X:.*]] = sluice.fetch @train.forward.boundary.stage.1
// CHECK-NEXT: %[[W:.*]] = sluice.read @w
// CHECK-NEXT: %[[Y:.*]] = scf.if %[[OPEN]] -> (tensor<4xf32>) {
// CHECK-NEXT:   call @layer(%[[X]], %[[W]])
// CHECK: sluice.store %[[Y]], @kept.w :
// CHECK-NEXT: return
func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %v = sluice.read @v : tensor<4xf32>
  %w = sluice.read @w : tensor<4xf32>
  %x = call @layer(%v, %v) {sluice.stage = 0 : i64} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %gates = call @gates() {sluice.stage = 0 : i64} : () -> tensor<2xf32>
  sluice.store %gates, @kept.gates : tensor<2xf32>
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %first = tensor.extract %gates[%c0] : tensor<2xf32>
  %second = tensor.extract %gates[%c1] : tensor<2xf32>
  %a = arith.cmpf ogt, %first, %zero : f32
  %b = arith.cmpf ogt, %second, %zero : f32
  %open = arith.ori %a, %b : i1
  %y = scf.if %open -> (tensor<4xf32>) {
    %called = func.call @layer(%x, %w) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
    scf.yield %called : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  } {sluice.stage = 1 : i64}
  sluice.store %y, @kept.w : tensor<4xf32>
  return
}

// Backward goes the other way. The loss is where it is computed, the count where the gates are.
// CHECK-LABEL: func.func @train.backward.0()
// CHECK-NEXT: %[[GATES:.*]] = sluice.fetch @kept.gates
// CHECK-NEXT: %[[COUNT:.*]] = call @count(%[[GATES]])
// CHECK-NEXT: sluice.store %[[COUNT]], @counts :
// CHECK-NEXT: %[[DX:.*]] = sluice.fetch @train.backward.boundary.stage.0
// CHECK-NEXT: %[[V:.*]] = sluice.read @v
// CHECK-NEXT: %[[DV:.*]] = call @layer(%[[DX]], %[[V]])
// CHECK-NEXT: sluice.store %[[DV]], @gradient.v :
// CHECK-NEXT: return

// CHECK-LABEL: func.func @train.backward.1()
// CHECK-NEXT: %[[Y:.*]] = sluice.fetch @kept.w
// CHECK-NEXT: %[[W:.*]] = sluice.read @w
// CHECK-NEXT: %[[HEAD:.*]]:3 = call @head(%[[Y]], %[[W]])
// CHECK-NEXT: sluice.store %[[HEAD]]#1, @train.backward.boundary :
// CHECK-NEXT: sluice.store %[[HEAD]]#2, @gradient.w :
// CHECK-NEXT: sluice.store %[[HEAD]]#0, @loss :
// CHECK-NEXT: return
func.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train"} {
  %v = sluice.read @v : tensor<4xf32>
  %w = sluice.read @w : tensor<4xf32>
  %gates = sluice.fetch @kept.gates : tensor<2xf32>
  %y = sluice.fetch @kept.w : tensor<4xf32>
  %count = call @count(%gates) {sluice.stage = 0 : i64} : (tensor<2xf32>) -> tensor<2xf32>
  sluice.store %count, @counts : tensor<2xf32>
  %loss, %dx, %dw = call @head(%y, %w) {sluice.stage = 1 : i64}
      : (tensor<4xf32>, tensor<4xf32>) -> (tensor<f32>, tensor<4xf32>, tensor<4xf32>)
  sluice.store %dw, @gradient.w : tensor<4xf32>
  %dv = call @layer(%dx, %v) {sluice.stage = 0 : i64} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  sluice.store %dv, @gradient.v : tensor<4xf32>
  sluice.store %loss, @loss : tensor<f32>
  return
}

// Norms and updates lie with their parameters; a stage without one has no such action.
// CHECK-LABEL: func.func @train.norm.0()
// CHECK-NEXT: sluice.fetch @gradient.v
// CHECK-NEXT: call @norm
// CHECK-NEXT: sluice.store %{{.*}}, @norm.v :
// CHECK-NEXT: return
// CHECK-LABEL: func.func @train.norm.1()
// CHECK-NEXT: sluice.fetch @gradient.w
// CHECK: sluice.store %{{.*}}, @norm.w :
// CHECK-NEXT: return
func.func @train.norm() attributes {sluice.action = #sluice.action<norm>, sluice.graph = "train"} {
  %dv = sluice.fetch @gradient.v : tensor<4xf32>
  %a = call @norm(%dv) {sluice.stage = 0 : i64} : (tensor<4xf32>) -> tensor<f64>
  sluice.store %a, @norm.v : tensor<f64>
  %dw = sluice.fetch @gradient.w : tensor<4xf32>
  %b = call @norm(%dw) {sluice.stage = 1 : i64} : (tensor<4xf32>) -> tensor<f64>
  sluice.store %b, @norm.w : tensor<f64>
  return
}

// CHECK-NOT: func.func @train.update.0()
// CHECK: func.func @train.update.1()
// CHECK: %[[NEW:.*]]:2 = call @update
// CHECK-NEXT: sluice.write %[[NEW]]#0, @w
// CHECK-NEXT: sluice.store %[[NEW]]#1, @momentum.w
func.func @train.update() attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"} {
  %w = sluice.read @w : tensor<4xf32>
  %dw = sluice.fetch @gradient.w : tensor<4xf32>
  %m = sluice.fetch @momentum.w : tensor<4xf32>
  %new, %next = call @update(%w, %dw, %m) {sluice.stage = 1 : i64}
      : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>)
  sluice.write %new, @w : tensor<4xf32>
  sluice.store %next, @momentum.w : tensor<4xf32>
  return
}

// An action that is only declared has nothing to cut.
// CHECK: func.func private @declared()
func.func private @declared() attributes {sluice.action = #sluice.action<update>, sluice.graph = "train"}

// One bundle a pair of stages and direction.
// CHECK: sluice.message @train.forward.0.1 behind <forward> of "train" from 0 to 1
// CHECK-SAME: sends [@kept.gates, @train.forward.boundary]
// CHECK-SAME: receives [@kept.gates.stage.1, @train.forward.boundary.stage.1]
// CHECK-NEXT: sluice.message @train.backward.1.0 behind <backward> of "train" from 1 to 0
// CHECK-SAME: sends [@train.backward.boundary] receives [@train.backward.boundary.stage.0]
// CHECK-NOT: sluice.message
