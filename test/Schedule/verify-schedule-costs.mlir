// RUN: not sluice-opt %s --sluice-verify-schedule=forward=1,2,3 2>&1 | FileCheck %s --check-prefix=COUNT
// RUN: not sluice-opt %s --sluice-verify-schedule=backward=-1 2>&1 | FileCheck %s --check-prefix=NEGATIVE

// COUNT: error: expected one time of 'forward' or one a stage, 1, found 3
// NEGATIVE: error: expected times of 'backward' that are at least 0, found -1
pipe.pipeline @p stages 1 micro_batches 1 replicas 1 groups 1 ages [0] forward_only {
  pipe.program @device.0 device 0 body {
    pipe.load stage 0 micro_batch 0
    pipe.run forward stage 0 micro_batch 0
  }
}
