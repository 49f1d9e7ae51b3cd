//===- ZeroBubble.cpp - Gradients of parameters where a stage would wait -------------===//
//
// Qi et al., "Zero Bubble Pipeline Parallelism" (arXiv 2401.10241), ZB-H1. As 1f1b, but backward runs in halves: other
// stages wait for the first alone, and stage s is s micro-batches late with the second. Three stages, four
// micro-batches, forward in digits, the first half of backward in letters, the second in capitals:
//
//   stage 0 | 0 1 2 . . a A 3 b B . c C d D
//   stage 1 | . 0 1 . a 2 b A 3 c B . d C D .
//
// Every stage keeps min(M, K) frames, as the first does under 1f1b. What is left of the bubble of K stages, where all
// take as long, is a third of that of 1f1b: filling and draining less what the second halves fill, (K - 1) (F + B - W).
// ZB-H2 would start steps before others are over, which the reduction before the update does not allow.
//
//===----------------------------------------------------------------------===//
#include "passes/Schedule/Generators.h"
#include <algorithm>

using namespace sluice::schedule;

std::vector<Turn> sluice::schedule::orderZeroBubble(int stage, const Layout &layout) {
  std::vector<Turn> turns;
  int microBatches = layout.microBatches;
  int ahead = std::min(microBatches, layout.stages - 1 - stage), late = std::min(microBatches, stage);
  for (int microBatch = 0; microBatch < ahead; ++microBatch)
    turns.push_back({RunKind::Forward, microBatch, stage});
  for (int microBatch = 0; microBatch < microBatches; ++microBatch) {
    if (microBatch + ahead < microBatches)
      turns.push_back({RunKind::Forward, microBatch + ahead, stage});
    turns.push_back({RunKind::BackwardInput, microBatch, stage});
    if (microBatch >= late)
      turns.push_back({RunKind::BackwardWeight, microBatch - late, stage});
  }
  for (int microBatch = microBatches - late; microBatch < microBatches; ++microBatch)
    turns.push_back({RunKind::BackwardWeight, microBatch, stage});
  return turns;
}
