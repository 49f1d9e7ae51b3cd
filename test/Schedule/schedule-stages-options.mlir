// RUN: not sluice-opt %s --sluice-schedule-stages=schedule=zigzag 2>&1 | FileCheck %s --check-prefix=SCHEDULE
// RUN: not sluice-opt %s --sluice-schedule-stages="microbatches=6 replicas=4" 2>&1 | FileCheck %s --check-prefix=SPLIT

// SCHEDULE: error: unknown schedule 'zigzag'; expected sequential, gpipe, 1f1b, interleaved, zero-bubble or ouroboros
// SPLIT: error: expected replicas that divide 6 micro-batches; 1 or 2 would fit, found 4
func.func @f() attributes {sluice.action = #sluice.action<forward>, sluice.graph = "train"} { return }
