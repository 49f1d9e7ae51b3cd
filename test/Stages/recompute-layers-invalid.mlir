// Each bad option is one error, and so is memory that no choice of layers keeps.
// RUN: not sluice-opt %s --sluice-recompute-layers=choice=some 2>&1 | FileCheck %s --check-prefix=CHOICE
// RUN: not sluice-opt %s --sluice-recompute-layers=microbatches=0 2>&1 | FileCheck %s --check-prefix=MICRO
// RUN: not sluice-opt %s --sluice-recompute-layers=memory-limit=-1 2>&1 | FileCheck %s --check-prefix=LIMIT
// RUN: not sluice-opt %s --sluice-recompute-layers=schedule=2f2b 2>&1 | FileCheck %s --check-prefix=SCHEDULE
// RUN: not sluice-opt %s --sluice-recompute-layers=optimizer=lion 2>&1 | FileCheck %s --check-prefix=OPTIMIZER
// RUN: not sluice-opt %S/recompute-layers.mlir --sluice-recompute-layers="choice=auto memory-limit=36243" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=MEMORY
// RUN: not sluice-opt %S/recompute-layers.mlir \
// RUN:   --sluice-assign-stages="stages=2 memory-limit=21000 microbatches=2" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=WHOLE
// RUN: not sluice-opt %S/recompute-layers.mlir \
// RUN:   --sluice-assign-stages="stages=2 memory-limit=18000 may-recompute microbatches=2" 2>&1 \
// RUN:   | FileCheck %s --check-prefix=LEAST

// CHOICE: error: recomputation expected choice to be layer, stage or auto, found 'some'{{$}}
// MICRO: error: recomputation expected at least 1 micro-batch, found 0{{$}}
// LIMIT: error: recomputation expected memory-limit of at least 0 bytes, found -1{{$}}
// SCHEDULE: recomputation expected schedule to be one of sequential, gpipe, 1f1b, interleaved, zero-bubble or
// SCHEDULE-SAME: ouroboros, found '2f2b'{{$}}
// OPTIMIZER: error: recomputation expected optimizer to be one of adamw, sgd, muon, found 'lion'{{$}}
// MEMORY: error: recomputation expected memory-limit of at least 36244 bytes for stage 0 with all of its layers
// MEMORY-SAME: recomputed, found 36243{{$}}
// WHOLE: expected memory-limit of at least 21760 bytes for 2 stages, found 21000{{$}}
// LEAST: expected memory-limit of at least 19968 bytes for 2 stages, found 18000{{$}}
module {
}
