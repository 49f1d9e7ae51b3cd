// RUN: not sluice-opt %s --sluice-schedule=schedule=zigzag 2>&1 | FileCheck %s --check-prefix=SCHEDULE
// RUN: not sluice-opt %s --sluice-schedule=stages=0 2>&1 | FileCheck %s --check-prefix=STAGES
// RUN: not sluice-opt %s --sluice-schedule="microbatches=6 replicas=4" 2>&1 | FileCheck %s --check-prefix=REPLICAS
// RUN: not sluice-opt %s --sluice-schedule="microbatches=6 reduction-groups=3" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=POWER
// RUN: not sluice-opt %s --sluice-schedule="microbatches=6 reduction-groups=4" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=GROUPS
// RUN: not sluice-opt %s --sluice-schedule="stages=2 tied=0" 2>&1 | FileCheck %s --check-prefix=PAIRS
// RUN: not sluice-opt %s --sluice-schedule="stages=2 tied=0,2" 2>&1 | FileCheck %s --check-prefix=TIED
// RUN: not sluice-opt %s --sluice-schedule=capacity=-1 2>&1 | FileCheck %s --check-prefix=CAPACITY
// RUN: not sluice-opt %s --sluice-schedule=name=taken 2>&1 | FileCheck %s --check-prefix=NAME

// SCHEDULE: error: unknown schedule 'zigzag'; expected sequential, gpipe, 1f1b, interleaved, zero-bubble or ouroboros
// STAGES: error: expected at least 1 stage, found 0
// REPLICAS: error: expected replicas that divide 6 micro-batches; 1 or 2 would fit, found 4
// POWER: error: expected a power of two of reduction groups, found 3
// GROUPS: error: expected reduction groups that divide 6 micro-batches; 1 or 2 would fit, found 4
// PAIRS: error: expected pairs of tied stages, found 1
// TIED: error: expected tied stages in ascending order, below 2, found 0 and 2
// CAPACITY: error: expected a capacity of at least 0, found -1
// NAME: error: expected no symbol 'taken' beside the pipeline
func.func private @taken()
