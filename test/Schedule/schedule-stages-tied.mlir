// RUN: sluice-opt %s --sluice-schedule-stages --sluice-verify-schedule | FileCheck %s

// Stages are tied where they exchange gradients, not where they send each other anything else. A stage that adds uses
// of its own has no need of an exchange.
// CHECK: pipe.pipeline @train.pipeline stages 3 {{.*}} tied [0, 2, 1, 1] frames
// CHECK: pipe.program @device.0
// CHECK: pipe.send @tied.0.2 stage 0
// CHECK-NEXT: pipe.recv @tied.2.0 stage 0
// CHECK-NEXT: pipe.run tied stage 0
// CHECK: pipe.program @device.1
// CHECK-NOT: tied
// CHECK: pipe.run backward stage 1 micro_batch 0
// CHECK-NOT: @tied
// CHECK: pipe.run tied stage 1
// CHECK-NEXT: pipe.reduce
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 0}
sluice.parameter @w.2 : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 2, copy_of = @w}
sluice.slot gradient @g : tensor<4xf32> of @w {stage = 0}
sluice.slot gradient @g.2 : tensor<4xf32> of @w.2 {stage = 2}
sluice.slot exchange @other : tensor<4xf32> {stage = 0}
sluice.slot exchange @other.2 : tensor<4xf32> {stage = 2}
sluice.slot boundary @x : tensor<4xf32> {stage = 0}
sluice.slot boundary @x.1 : tensor<4xf32> {stage = 1}
func.func @tied.0() attributes {sluice.action = #sluice.action<tied>, sluice.graph = "train", sluice.stage = 0} {
  return
}
func.func @tied.1() attributes {sluice.action = #sluice.action<tied>, sluice.graph = "train", sluice.stage = 1} {
  return
}
func.func @tied.2() attributes {sluice.action = #sluice.action<tied>, sluice.graph = "train", sluice.stage = 2} {
  return
}
sluice.message @up behind <forward> of "train" from 0 to 1 sends [@x] receives [@x.1]
sluice.message @to behind <tied> of "train" from 0 to 2 sends [@g] receives [@other.2]
sluice.message @back behind <tied> of "train" from 2 to 0 sends [@g.2] receives [@other]
