// RUN: sluice-opt %s --sluice-schedule-stages --sluice-verify-schedule | FileCheck %s

// Programs that were written by hand stay. Their channels get what messages are made of, wherever stages lie.
// CHECK: pipe.pipeline @train.pipeline stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] devices [1, 0]
// CHECK-SAME: frames [1, 1] {
// CHECK: pipe.channel @up activations from 1 to 0 capacity 1 (tensor<4xf32>) sends [@x] receives [@x.1]
// CHECK: pipe.channel @down gradients from 0 to 1 capacity 1 ()
// CHECK-NOT: pipe.channel
// CHECK: pipe.pipeline @eval.pipeline stages 2
sluice.slot boundary @x : tensor<4xf32> {stage = 0}
sluice.slot boundary @x.1 : tensor<4xf32> {stage = 1}
func.func @forward() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train", sluice.stage = 1} {
  return
}
func.func @eval() attributes {sluice.action = #sluice.action<evaluate>, sluice.graph = "eval"} {
  return
}
sluice.message @m behind <forward> of "train" from 0 to 1 sends [@x] receives [@x.1]
pipe.pipeline @train.pipeline stages 2 micro_batches 1 replicas 1 groups 1 ages [0, 0] devices [1, 0] {
  pipe.channel @up activations from 1 to 0 capacity 1 ()
  pipe.channel @down gradients from 0 to 1 capacity 1 ()
  pipe.program @last device 0 body {
    pipe.load stage 1 micro_batch 0
    pipe.recv @up stage 1 micro_batch 0
    pipe.run forward stage 1 micro_batch 0
    pipe.run backward stage 1 micro_batch 0
    pipe.send @down stage 1 micro_batch 0
    pipe.reduce
    pipe.update stage 1
  }
  pipe.program @first device 1 body {
    pipe.load stage 0 micro_batch 0
    pipe.run forward stage 0 micro_batch 0
    pipe.send @up stage 0 micro_batch 0
    pipe.recv @down stage 0 micro_batch 0
    pipe.run backward stage 0 micro_batch 0
    pipe.reduce
    pipe.update stage 0
  }
}
