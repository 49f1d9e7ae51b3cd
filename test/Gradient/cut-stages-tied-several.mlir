// RUN: sluice-opt %s --sluice-cut-stages --sluice-schedule-stages | FileCheck %s

// A parameter of three stages, twice used on the first. Each stage gets the gradients of all uses that it lacks, one
// bundle from each of the others, and adds all in one order.
// CHECK-LABEL: func.func @train.tied.0()
// CHECK-NEXT: sluice.fetch @g.0 :
// CHECK-NEXT: sluice.fetch @g.1 :
// CHECK-NEXT: call @sum
// CHECK-NEXT: sluice.fetch @exchange.g.2 :
// CHECK-LABEL: func.func @train.tied.1()
// CHECK-NEXT: sluice.fetch @exchange.g.0 :
// CHECK-NEXT: sluice.fetch @exchange.g.1 :
// CHECK-LABEL: func.func @train.tied.2()
// CHECK-NEXT: sluice.fetch @exchange.g.0_
// CHECK: sluice.message @train.tied.0.1 {{.*}} sends [@g.0, @g.1] receives [@exchange.g.0, @exchange.g.1]
// CHECK: sluice.message @train.tied.0.2 {{.*}} sends [@g.0, @g.1] receives [@exchange.g.0_[[A:[0-9]+]], @exchange.g.1_
// CHECK: sluice.message @train.tied.1.0 {{.*}} sends [@g.2] receives [@exchange.g.2]
// CHECK: sluice.message @train.tied.1.2
// CHECK: sluice.message @train.tied.2.0
// CHECK: sluice.message @train.tied.2.1
// CHECK: pipe.pipeline @train.pipeline stages 3 {{.*}} tied [0, 1, 0, 2, 1, 2]
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0}
sluice.parameter @w.stage.1 : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 1, copy_of = @w}
sluice.parameter @w.stage.2 : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 2, copy_of = @w}
sluice.slot gradient @g.0 : tensor<4xf32> of @w {stage = 0}
sluice.slot gradient @g.1 : tensor<4xf32> of @w {stage = 0}
sluice.slot gradient @g.2 : tensor<4xf32> of @w.stage.1 {stage = 1}
sluice.slot gradient @g.3 : tensor<4xf32> of @w.stage.2 {stage = 2}
func.func private @sum(tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
func.func @train.tied() attributes {sluice.action = #sluice.action<tied>, sluice.graph = "train"} {
  %a0 = sluice.fetch @g.0 : tensor<4xf32>
  %b01 = sluice.fetch @g.1 : tensor<4xf32>
  %s01 = call @sum(%a0, %b01) {sluice.stage = 0 : i64} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %b02 = sluice.fetch @g.2 : tensor<4xf32>
  %s02 = call @sum(%s01, %b02) {sluice.stage = 0 : i64} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %b03 = sluice.fetch @g.3 : tensor<4xf32>
  %s03 = call @sum(%s02, %b03) {sluice.stage = 0 : i64} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  sluice.store %s03, @g.0 : tensor<4xf32>
  %a1 = sluice.fetch @g.0 : tensor<4xf32>
  %b11 = sluice.fetch @g.1 : tensor<4xf32>
  %s11 = call @sum(%a1, %b11) {sluice.stage = 1 : i64} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %b12 = sluice.fetch @g.2 : tensor<4xf32>
  %s12 = call @sum(%s11, %b12) {sluice.stage = 1 : i64} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %b13 = sluice.fetch @g.3 : tensor<4xf32>
  %s13 = call @sum(%s12, %b13) {sluice.stage = 1 : i64} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  sluice.store %s13, @g.2 : tensor<4xf32>
  %a2 = sluice.fetch @g.0 : tensor<4xf32>
  %b21 = sluice.fetch @g.1 : tensor<4xf32>
  %s21 = call @sum(%a2, %b21) {sluice.stage = 2 : i64} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %b22 = sluice.fetch @g.2 : tensor<4xf32>
  %s22 = call @sum(%s21, %b22) {sluice.stage = 2 : i64} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %b23 = sluice.fetch @g.3 : tensor<4xf32>
  %s23 = call @sum(%s22, %b23) {sluice.stage = 2 : i64} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  sluice.store %s23, @g.3 : tensor<4xf32>
  return
}
