//===- GPipe.cpp - All forwards, then all backwards ---------------------------------===//
//
// Huang et al., "GPipe: Efficient Training of Giant Neural Networks using Pipeline Parallelism" (2019). Three stages,
// four micro-batches, forward in digits, backward in letters:
//
//   stage 0 | 0 1 2 3 . . . . a b c d
//   stage 1 | . 0 1 2 3 . . a b c d .
//   stage 2 | . . 0 1 2 3 a b c d . .
//
// Backward goes in ascending order, as sums of gradients do. Every stage keeps a frame a micro-batch. A device that
// holds several stages runs all micro-batches of one, then those of the next.
//
//===----------------------------------------------------------------------===//
#include "passes/Schedule/Generators.h"

using namespace sluice::schedule;

std::vector<Turn> sluice::schedule::orderGPipe(int device, const Layout &layout) {
  std::vector<Turn> turns;
  int held = layout.held(device);
  for (RunKind kind : {RunKind::Forward, RunKind::Backward})
    for (int number = 0; number < held; ++number) {
      int stage = device + (kind == RunKind::Forward ? number : held - 1 - number) * layout.devices;
      for (int microBatch = 0; microBatch < layout.microBatches; ++microBatch)
        turns.push_back({kind, microBatch, stage});
    }
  return turns;
}
