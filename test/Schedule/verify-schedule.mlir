// Programs written by hand, and the numbers of what is generated.
// RUN: sluice-opt %s --sluice-verify-schedule | FileCheck %s
// RUN: sluice-opt %s --sluice-verify-schedule="forward=1,2 backward=3 timeline=14" --remarks-filter=schedule 2>&1 \
// RUN:   >/dev/null | FileCheck %s --check-prefix=REMARK
// RUN: echo "module {}" | sluice-opt --sluice-schedule="schedule=1f1b stages=4 microbatches=8" \
// RUN:   --sluice-verify-schedule --remarks-filter=schedule 2>&1 >/dev/null | FileCheck %s --check-prefix=BUBBLE

// Four stages: a bubble of 3 / 11, and a period of 3 x 11.
// BUBBLE: bubble=2.727273e-01, peak-frames=4, period=3.300000e+01, pipeline=train.pipeline

// Stage 0 runs all forwards first, stage 1 each backward at once. Stage 1 lies on device 0.
// CHECK: pipe.pipeline @by_hand stages 2 micro_batches 2 replicas 1 groups 1 ages [0, 0] devices [1, 0] frames [2, 1]
// REMARK: Proof | Category:schedule | Function=by_hand | bubble=3.571429e-01, peak-frames=2, period=1.400000e+01,
// REMARK-SAME: pipeline=by_hand
// REMARK:      stage 1 | .00aaa11bbb...
// REMARK-NEXT: stage 0 | 01....aaa..bbb
pipe.pipeline @by_hand stages 2 micro_batches 2 replicas 1 groups 1 ages [0, 0] devices [1, 0] {
  pipe.channel @up activations from 1 to 0 capacity 1 ()
  pipe.channel @down gradients from 0 to 1 capacity 1 ()
  pipe.program @last device 0 body {
    pipe.load stage 1 micro_batch 0
    pipe.recv @up stage 1 micro_batch 0
    pipe.run forward stage 1 micro_batch 0
    pipe.run backward stage 1 micro_batch 0
    pipe.send @down stage 1 micro_batch 0
    pipe.load stage 1 micro_batch 1
    pipe.recv @up stage 1 micro_batch 1
    pipe.run forward stage 1 micro_batch 1
    pipe.run backward stage 1 micro_batch 1
    pipe.send @down stage 1 micro_batch 1
    pipe.reduce
    pipe.update stage 1
  }
  pipe.program @first device 1 body {
    pipe.load stage 0 micro_batch 0
    pipe.run forward stage 0 micro_batch 0
    pipe.send @up stage 0 micro_batch 0
    pipe.load stage 0 micro_batch 1
    pipe.run forward stage 0 micro_batch 1
    pipe.send @up stage 0 micro_batch 1
    pipe.recv @down stage 0 micro_batch 0
    pipe.run backward stage 0 micro_batch 0
    pipe.recv @down stage 0 micro_batch 1
    pipe.run backward stage 0 micro_batch 1
    pipe.reduce
    pipe.update stage 0
  }
}
