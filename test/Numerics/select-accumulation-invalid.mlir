// RUN: not sluice-opt %s --sluice-select-accumulation=model=guessed 2>&1 | FileCheck %s --check-prefix=MODEL
// RUN: not sluice-opt %s --sluice-select-accumulation=chunk=-1 2>&1 | FileCheck %s --check-prefix=CHUNK
// RUN: not sluice-opt %s --sluice-select-accumulation=non-zero-ratio=0 2>&1 | FileCheck %s --check-prefix=RATIO

// MODEL: error: expected model analytic or simulated, found 'guessed'
// CHUNK: error: expected a chunk of at least 1, or 0 to choose one, found -1
// RATIO: error: expected a non-zero-ratio above 0 and at most 1, found 0
module {}
