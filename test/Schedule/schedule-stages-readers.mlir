// RUN: sluice-opt %s --sluice-schedule-stages=devices=2 --sluice-verify-schedule | FileCheck %s

// The last stage of the device adds the gradient of the first where it lies: the stages are tied without a message,
// and the first runs no sum.
// CHECK: pipe.pipeline @train.pipeline stages 3 {{.*}} devices [0, 1, 0] tied [0, 2] frames
// CHECK-NOT: pipe.channel @tied
// CHECK: pipe.program @device.0
// CHECK: pipe.run backward stage 0 micro_batch 0
// CHECK-NEXT: pipe.run tied stage 2
// CHECK-NEXT: pipe.reduce
// CHECK: pipe.program @device.1
// CHECK-NOT: tied
sluice.parameter @w : tensor<4xf32> {init = #sluice.constant<0.0>, stage = 2, readers = array<i64: 0>}
sluice.slot gradient @g : tensor<4xf32> of @w {stage = 2}
sluice.slot gradient @g.1 : tensor<4xf32> of @w {stage = 0}
func.func @tied.2() attributes {sluice.action = #sluice.action<tied>, sluice.graph = "train", sluice.stage = 2} {
  return
}
