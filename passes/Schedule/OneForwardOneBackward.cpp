//===- OneForwardOneBackward.cpp - Backward as early as it can ---------------------===//
//
// PipeDream-Flush: Narayanan et al., "Memory-Efficient Pipeline-Parallel DNN Training" (2021). Stage s of K runs
// K - 1 - s forwards ahead, then one forward and one backward in turn. Three stages, four micro-batches, forward in
// digits, backward in letters:
//
//   stage 0 | 0 1 2 . . a 3 b . c . d
//   stage 1 | . 0 1 . a 2 b 3 c . d .
//   stage 2 | . . 0 a 1 b 2 c 3 d . .
//
// As fast as GPipe where all take as long, with min(M, K - s) frames in place of M.
//
//===----------------------------------------------------------------------===//
#include "passes/Schedule/Generators.h"
#include <algorithm>

using namespace sluice::schedule;

std::vector<Turn> sluice::schedule::orderOneForwardOneBackward(int device, const Layout &layout) {
  std::vector<Turn> turns;
  int stage = device, microBatches = layout.microBatches; // a device holds one stage
  int ahead = std::min(microBatches, layout.stages - 1 - stage);
  for (int microBatch = 0; microBatch < ahead; ++microBatch)
    turns.push_back({RunKind::Forward, microBatch, stage});
  for (int microBatch = 0; microBatch < microBatches; ++microBatch) {
    if (microBatch + ahead < microBatches)
      turns.push_back({RunKind::Forward, microBatch + ahead, stage});
    turns.push_back({RunKind::Backward, microBatch, stage});
  }
  return turns;
}
