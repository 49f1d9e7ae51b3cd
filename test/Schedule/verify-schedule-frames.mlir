// RUN: sluice-opt %s --sluice-verify-schedule | FileCheck %s

// More frames than it needs are kept.
// CHECK: pipe.pipeline @frames_are_declared {{.*}} frames [2] forward_only
pipe.pipeline @frames_are_declared stages 1 micro_batches 2 replicas 1 groups 1 ages [0] frames [2] forward_only {
  pipe.program @device.0 device 0 body {
    pipe.load stage 0 micro_batch 1
    pipe.run forward stage 0 micro_batch 1
    pipe.load stage 0 micro_batch 0
    pipe.run forward stage 0 micro_batch 0
  }
}

// Micro-batches 0 and 2 are alive at once: modulo 2 they would share a frame.
// CHECK: pipe.pipeline @chosen_by_the_micro_batch {{.*}} frames [3] {
pipe.pipeline @chosen_by_the_micro_batch stages 1 micro_batches 3 replicas 1 groups 1 ages [0] {
  pipe.program @device.0 device 0 body {
    pipe.load stage 0 micro_batch 0
    pipe.run forward stage 0 micro_batch 0
    pipe.load stage 0 micro_batch 2
    pipe.run forward stage 0 micro_batch 2
    pipe.run backward stage 0 micro_batch 0
    pipe.load stage 0 micro_batch 1
    pipe.run forward stage 0 micro_batch 1
    pipe.run backward stage 0 micro_batch 1
    pipe.run backward stage 0 micro_batch 2
    pipe.reduce
    pipe.update stage 0
  }
}

// The reduction groups of four micro-batches, by another order than the generators': both groups at once.
// CHECK: pipe.pipeline @groups_may_be_mixed {{.*}} frames [2] {
pipe.pipeline @groups_may_be_mixed stages 1 micro_batches 4 replicas 1 groups 2 ages [0] {
  pipe.program @device.0 device 0 body {
    pipe.load stage 0 micro_batch 0
    pipe.run forward stage 0 micro_batch 0
    pipe.run backward stage 0 micro_batch 0
    pipe.load stage 0 micro_batch 2
    pipe.run forward stage 0 micro_batch 2
    pipe.load stage 0 micro_batch 3
    pipe.run forward stage 0 micro_batch 3
    pipe.run backward stage 0 micro_batch 2
    pipe.run backward stage 0 micro_batch 3
    pipe.load stage 0 micro_batch 1
    pipe.run forward stage 0 micro_batch 1
    pipe.run backward stage 0 micro_batch 1
    pipe.combine 1 into 0 stage 0
    pipe.reduce
    pipe.update stage 0
  }
}
