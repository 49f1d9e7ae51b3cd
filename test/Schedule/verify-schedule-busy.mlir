// The shares of a step that devices compute, by what the module says of its stages.
// RUN: sluice-opt %s --sluice-schedule="stages=2 schedule=1f1b microbatches=2 replicas=2" --sluice-verify-schedule \
// RUN:   --remarks-filter=schedule 2>&1 | FileCheck %s
// RUN: sluice-opt %s --sluice-schedule="stages=2 microbatches=2" --sluice-verify-schedule="forward=1 backward=1" \
// RUN:   | FileCheck %s --check-prefix=OTHERWISE
// RUN: sluice-opt %s --sluice-schedule="stages=2 name=eval.pipeline" --sluice-verify-schedule \
// RUN:   | FileCheck %s --check-prefix=OTHERWISE
// RUN: sluice-opt %s --sluice-schedule="stages=2 forward-only" --sluice-verify-schedule \
// RUN:   | FileCheck %s --check-prefix=OTHERWISE
// RUN: sluice-opt %s --sluice-schedule=stages=3 --sluice-verify-schedule | FileCheck %s --check-prefix=OTHERWISE

// One micro-batch a replica: 1, a message of 4, 3 and 4, a message of 1, 5; the norm and the update of the first stage,
// 1 and 1. It computes 1 + 5 + 1 + 1 of 20, the second 3 + 4 + 1 + 3.
// CHECK: bubble=5.250000e-01, {{.*}} period=2.000000e+01
// CHECK: pipe.pipeline @train.pipeline stages 2
// CHECK-SAME: busy [4.000000e-01, 5.500000e-01, 4.000000e-01, 5.500000e-01]
// OTHERWISE: pipe.pipeline
// OTHERWISE-NOT: busy [
module attributes {
    sluice.stage_costs = #sluice.stage_costs<unit = "seconds", stages = [
      #sluice.stage_cost<layers = 3, embeddings = 1, head = 0, forward = 1.0 : f64, backward = 5.0 : f64,
                         tied = 0.0 : f64, norm = 1.0 : f64, update = 1.0 : f64, activations = 4.0 : f64,
                         gradients = 0.0 : f64, exchange = 0.0 : f64>,
      #sluice.stage_cost<layers = 2, embeddings = 0, head = 1, forward = 3.0 : f64, backward = 4.0 : f64,
                         tied = 0.0 : f64, norm = 1.0 : f64, update = 3.0 : f64, activations = 0.0 : f64,
                         gradients = 1.0 : f64, exchange = 0.0 : f64>]>} {
}
