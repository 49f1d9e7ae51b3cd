// Every op of a graph, and of the actions that become of it, as it is written and read again.
// RUN: sluice-opt %s | sluice-opt | FileCheck %s

// CHECK: sluice.parameter @h.0.fc.weight : tensor<4x8xf32>
// CHECK-SAME: {decays, hidden_parts = 2 : i64, init = #sluice.normal<2.000000e-02 : f64>, offset = 64 : i64}
sluice.parameter @h.0.fc.weight : tensor<4x8xf32> {decays, hidden_parts = 2, init = #sluice.normal<0.02>, offset = 64}
// CHECK-NEXT: sluice.parameter @bias : tensor<8xf64> {init = #sluice.constant<5.000000e-01 : f64>}
sluice.parameter @bias : tensor<8xf64> {init = #sluice.constant<0.5>}

// A slot of each kind: gradients and states name their parameter, the others stand alone.
// CHECK: sluice.slot kept @kept : tensor<4x8xf32> {offset = 128 : i64}
sluice.slot kept @kept : tensor<4x8xf32> {offset = 128}
// CHECK-NEXT: sluice.slot gate @gates : tensor<2xf64>
sluice.slot gate @gates : tensor<2xf64>
// CHECK-NEXT: sluice.slot gradient @gradient : tensor<8xf64> of @bias
// CHECK-SAME: {gates = [#sluice.gate<@gates[0]>, #sluice.gate<@gates[1]>]}
sluice.slot gradient @gradient : tensor<8xf64> of @bias {gates = [#sluice.gate<@gates[0]>, #sluice.gate<@gates[1]>]}
// CHECK-NEXT: sluice.slot state @momentum : tensor<8xf64> of @bias {role = "momentum_buffer"}
sluice.slot state @momentum : tensor<8xf64> of @bias {role = "momentum_buffer"}
// CHECK-NEXT: sluice.slot norm @norm : tensor<f64> {role = "bias"}
sluice.slot norm @norm : tensor<f64> {role = "bias"}
// CHECK-NEXT: sluice.slot result @size : tensor<4xf32> {gates = [#sluice.gate<@gates[1]>]}
sluice.slot result @size : tensor<4xf32> {gates = [#sluice.gate<@gates[1]>]}

// CHECK-NEXT: sluice.parameter @bias.stage.1 : tensor<8xf64>
// CHECK-SAME: {copy_of = @bias, init = #sluice.constant<5.000000e-01 : f64>, stage = 1 : i64}
sluice.parameter @bias.stage.1 : tensor<8xf64> {init = #sluice.constant<0.5>, stage = 1, copy_of = @bias}
// CHECK-NEXT: sluice.parameter @shared : tensor<8xf64>
// CHECK-SAME: {init = #sluice.constant<5.000000e-01 : f64>, readers = array<i64: 0, 1>, stage = 3 : i64}
sluice.parameter @shared : tensor<8xf64> {init = #sluice.constant<0.5>, stage = 3, readers = array<i64: 0, 1>}
// CHECK-NEXT: sluice.parameter @narrowed : tensor<8xf32>
// CHECK-SAME: {init = #sluice.constant<5.000000e-01 : f64>, narrow_offset = 64 : i64, narrow_type = f16}
sluice.parameter @narrowed : tensor<8xf32> {init = #sluice.constant<0.5>, narrow_type = f16, narrow_offset = 64}
// CHECK-NEXT: sluice.slot boundary @x : tensor<4xi32> {stage = 0 : i64}
sluice.slot boundary @x : tensor<4xi32> {stage = 0}
// CHECK-NEXT: sluice.slot boundary @x.stage.1 : tensor<4xi32> {stage = 1 : i64}
sluice.slot boundary @x.stage.1 : tensor<4xi32> {stage = 1}
// CHECK-NEXT: sluice.slot exchange @exchange : tensor<8xf64> {stage = 1 : i64}
sluice.slot exchange @exchange : tensor<8xf64> {stage = 1}
// CHECK-NEXT: sluice.message @forward behind <forward> of "train" from 0 to 1 sends [@x] receives [@x.stage.1]
sluice.message @forward behind <forward> of "train" from 0 to 1 sends [@x] receives [@x.stage.1]
// CHECK-NEXT: sluice.message @backward behind <backward> of "train" from 1 to 0 sends [@x.stage.1] receives [@x]
sluice.message @backward behind <backward> of "train" from 1 to 0 sends [@x.stage.1] receives [@x]
// CHECK-NEXT: sluice.message @tied behind <tied> of "train" from 0 to 1 sends [@gradient] receives [@exchange]
sluice.message @tied behind <tied> of "train" from 0 to 1 sends [@gradient] receives [@exchange]

// CHECK-LABEL: func.func @should_read_and_write_parameters_and_slots
// CHECK-NEXT: %[[P:.*]] = sluice.read @bias : tensor<8xf64>
// CHECK-NEXT: %[[S:.*]] = sluice.fetch @momentum : tensor<8xf64>
// CHECK-NEXT: sluice.write %[[S]], @bias : tensor<8xf64>
// CHECK-NEXT: sluice.store %[[P]], @momentum : tensor<8xf64>
func.func @should_read_and_write_parameters_and_slots() {
  %p = sluice.read @bias : tensor<8xf64>
  %s = sluice.fetch @momentum : tensor<8xf64>
  sluice.write %s, @bias : tensor<8xf64>
  sluice.store %p, @momentum : tensor<8xf64>
  return
}

// The last of four inputs lies in memory, as all do once values have places.
// CHECK-LABEL: func.func @should_take_what_the_runtime_gives
// CHECK-NEXT: sluice.input 0 : tensor<2x3xi32>
// CHECK-NEXT: sluice.input 3 : memref<2x3xi32>
// CHECK-NEXT: sluice.scalar "lambda" : tensor<f32>
// CHECK-NEXT: sluice.scalar "rate" : tensor<f64>
// CHECK-NEXT: sluice.key : tensor<4xi32>
// CHECK-NEXT: sluice.key gates : tensor<4xi32>
func.func @should_take_what_the_runtime_gives() {
  %tokens = sluice.input 0 : tensor<2x3xi32>
  %last = sluice.input 3 : memref<2x3xi32>
  %lambda = sluice.scalar "lambda" : tensor<f32>
  %rate = sluice.scalar "rate" : tensor<f64>
  %key = sluice.key : tensor<4xi32>
  %gates = sluice.key gates : tensor<4xi32>
  return
}

// CHECK-LABEL: sluice.graph @train
// CHECK-SAME: (%[[TOKENS:.*]]: tensor<3xi32> {test.name = "tokens"}) -> (tensor<f32>,
// CHECK-SAME: tensor<f32> {sluice.metric = "size"}, tensor<2xf32> {sluice.layer = "h.0", sluice.metric = "range"},
// CHECK-SAME: tensor<f32> {sluice.unclipped}) {
// CHECK: sluice.return %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}} : tensor<f32>, tensor<f32>, tensor<2xf32>, tensor<f32>
sluice.graph @train(%tokens: tensor<3xi32> {test.name = "tokens"})
    -> (tensor<f32>, tensor<f32> {sluice.metric = "size"},
        tensor<2xf32> {sluice.metric = "range", sluice.layer = "h.0"}, tensor<f32> {sluice.unclipped}) {
  %loss = sluice.zero : tensor<f32>
  %range = sluice.zero : tensor<2xf32>
  sluice.return %loss, %loss, %range, %loss : tensor<f32>, tensor<f32>, tensor<2xf32>, tensor<f32>
}

// A graph of any other name may return whatever it likes, or nothing.
// CHECK-LABEL: sluice.graph @nothing() {
// CHECK-NEXT: sluice.return{{$}}
sluice.graph @nothing() {
  sluice.return
}
