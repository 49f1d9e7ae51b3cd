// RUN: sluice-opt %s --sluice-cut-stages --split-input-file | FileCheck %s

// Four stages. What skips stages goes from neighbour to neighbour, once, whoever needs it; what is an integer goes like
// any other value. Stage 2 passes on what it has no use for.

// CHECK: kept @kept : tensor<4xf32> {stage = 0 : i64}
// CHECK: boundary @kept.stage.1 : tensor<4xf32> {stage = 1 : i64}
// CHECK: boundary @kept.stage.2 : tensor<4xf32> {stage = 2 : i64}
// CHECK: boundary @kept.stage.3 : tensor<4xf32> {stage = 3 : i64}
sluice.slot kept @kept : tensor<4xf32>
sluice.slot result @loss : tensor<f32> {sluice.graph = "train"}
func.func private @first() -> (tensor<4xf32>, tensor<2xi32>)
func.func private @middle(tensor<4xf32>) -> tensor<4xf32>
func.func private @last(tensor<4xf32>, tensor<2xi32>) -> tensor<f32>
func.func private @back(tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>

// CHECK-LABEL: func.func @train.forward.0()
// CHECK-NEXT: %[[FIRST:.*]]:2 = call @first()
// CHECK-NEXT: sluice.store %[[FIRST]]#1, @[[WORDS:.*]] : tensor<2xi32>
// CHECK-NEXT: sluice.store %[[FIRST]]#0, @kept :
// CHECK-LABEL: func.func @train.forward.1()
// CHECK-NEXT: sluice.fetch @kept.stage.1
// CHECK-NEXT: call @middle
// CHECK-NEXT: return
// CHECK-NOT: func.func @train.forward.2()
// CHECK-LABEL: func.func @train.forward.3()
// CHECK: sluice.fetch @[[WORDS]].stage.3 : tensor<2xi32>
// CHECK: call @last
func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %x, %words = call @first() {sluice.stage = 0 : i64} : () -> (tensor<4xf32>, tensor<2xi32>)
  sluice.store %x, @kept : tensor<4xf32>
  %unused = call @middle(%x) {sluice.stage = 1 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  %loss = call @last(%x, %words) {sluice.stage = 3 : i64} : (tensor<4xf32>, tensor<2xi32>) -> tensor<f32>
  sluice.store %loss, @loss : tensor<f32>
  return
}

// Backward of stage 2 needs what forward of stage 0 kept, which was sent behind forward. Its own result goes down to
// stage 0.
// CHECK-LABEL: func.func @train.backward.0()
// CHECK-NEXT: %[[DX:.*]] = sluice.fetch @[[BACK:.*]].stage.0
// CHECK-NEXT: %[[X:.*]] = sluice.fetch @kept :
// CHECK-NEXT: call @back(%[[DX]], %[[X]])
// CHECK-NOT: func.func @train.backward.1()
// CHECK-LABEL: func.func @train.backward.2()
// CHECK-NEXT: %[[X:.*]] = sluice.fetch @kept.stage.2
// CHECK-NEXT: %[[DX:.*]] = call @back(%[[X]], %[[X]])
// CHECK-NEXT: sluice.store %[[DX]], @[[BACK]] :
// CHECK-NOT: func.func @train.backward.3()
func.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train"} {
  %x = sluice.fetch @kept : tensor<4xf32>
  %dx = call @back(%x, %x) {sluice.stage = 2 : i64} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %unused = call @back(%dx, %x) {sluice.stage = 0 : i64} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return
}

// CHECK: sluice.message @train.forward.0.1 behind <forward> of "train" from 0 to 1 sends [@kept, @[[WORDS]]] receives
// CHECK-SAME: [@kept.stage.1, @[[WORDS]].stage.1]
// CHECK-NEXT: sluice.message @train.forward.1.2 {{.*}} sends [@kept.stage.1, @[[WORDS]].stage.1]
// CHECK-NEXT: sluice.message @train.forward.2.3 {{.*}} sends [@kept.stage.2, @[[WORDS]].stage.2]
// CHECK-NEXT: sluice.message @train.backward.1.0 {{.*}} sends [@[[BACK]].stage.1] receives [@[[BACK]].stage.0]
// CHECK-NEXT: sluice.message @train.backward.2.1 {{.*}} sends [@[[BACK]]] receives [@[[BACK]].stage.1]
// CHECK-NOT: sluice.message

// -----

// What backward alone needs of an earlier stage is sent behind forward, too.
// CHECK-LABEL: func.func @train.backward.1()
// CHECK-NEXT: sluice.fetch @for_backward_alone.stage.1
// CHECK: sluice.message @train.forward.0.1 behind <forward> of "train" from 0 to 1 sends [@for_backward_alone]
// CHECK-NOT: sluice.message
sluice.slot kept @for_backward_alone : tensor<4xf32>
func.func private @layer() -> tensor<4xf32>
func.func private @back(tensor<4xf32>) -> tensor<4xf32>
func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %x = call @layer() {sluice.stage = 0 : i64} : () -> tensor<4xf32>
  sluice.store %x, @for_backward_alone : tensor<4xf32>
  return
}
func.func @train.backward() attributes {sluice.action = #sluice.action<backward>, sluice.graph = "train"} {
  %x = sluice.fetch @for_backward_alone : tensor<4xf32>
  %y = call @back(%x) {sluice.stage = 1 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  return
}

// -----

// Graphs that are evaluated are cut as well, with messages of their own.
// CHECK-LABEL: func.func @eval.0()
// CHECK-LABEL: func.func @eval.1()
// CHECK: sluice.message @eval.evaluate.0.1 behind <evaluate> of "eval" from 0 to 1 sends [@eval.boundary]
// CHECK-SAME: receives [@eval.boundary.stage.1]
sluice.slot result @eval.result.0 : tensor<4xf32> {sluice.graph = "eval"}
func.func private @layer(tensor<4xf32>) -> tensor<4xf32>
func.func @eval() attributes {sluice.action = #sluice.action<evaluate>, sluice.graph = "eval"} {
  %zero = sluice.zero : tensor<4xf32>
  %x = call @layer(%zero) {sluice.stage = 0 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  %y = call @layer(%x) {sluice.stage = 1 : i64} : (tensor<4xf32>) -> tensor<4xf32>
  sluice.store %y, @eval.result.0 : tensor<4xf32>
  return
}

// -----

// A result that is no more than a parameter lies where that does, one that every stage can name on the first.
// CHECK: result @a : tensor<4xf32> {sluice.graph = "eval", stage = 1 : i64}
// CHECK: result @b : tensor<4xf32> {sluice.graph = "eval", stage = 0 : i64}
// CHECK-LABEL: func.func @eval.0()
// CHECK-NEXT: %[[ZERO:.*]] = sluice.zero
// CHECK-NEXT: sluice.store %[[ZERO]], @b
// CHECK-LABEL: func.func @eval.1()
// CHECK-NEXT: %[[W:.*]] = sluice.read @w
// CHECK-NEXT: sluice.store %[[W]], @a
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1}
sluice.slot result @a : tensor<4xf32> {sluice.graph = "eval"}
sluice.slot result @b : tensor<4xf32> {sluice.graph = "eval"}
func.func @eval() attributes {sluice.action = #sluice.action<evaluate>, sluice.graph = "eval"} {
  %w = sluice.read @w : tensor<4xf32>
  sluice.store %w, @a : tensor<4xf32>
  %zero = sluice.zero : tensor<4xf32>
  sluice.store %zero, @b : tensor<4xf32>
  return
}

// -----

// Where all is one stage, nothing is cut.
// CHECK-LABEL: slot kept @nothing_is_cut : tensor<4xf32>{{$}}
// CHECK: func.func @train.forward()
// CHECK: call @layer() {sluice.stage = 0 : i64}
// CHECK-NOT: sluice.message
sluice.slot kept @nothing_is_cut : tensor<4xf32>
func.func private @layer() -> tensor<4xf32>
func.func @train.forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} {
  %x = call @layer() {sluice.stage = 0 : i64} : () -> tensor<4xf32>
  sluice.store %x, @nothing_is_cut : tensor<4xf32>
  return
}
