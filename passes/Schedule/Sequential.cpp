//===- Sequential.cpp - One micro-batch after the other ----------------------------===//
//
// Model parallelism that is backward-locked: the baseline of every pipeline. Three stages, two micro-batches, forward
// in digits, backward in letters:
//
//   stage 0 | 0 . . . . a 1 . . . . b
//   stage 1 | . 0 . . a . . 1 . . b .
//   stage 2 | . . 0 a . . . . 1 b . .
//
// Huo et al., "Decoupled Parallel Backpropagation with Convergence Guarantee" (2018), names the lock.
//
//===----------------------------------------------------------------------===//
#include "passes/Schedule/Generators.h"

using namespace sluice::schedule;

std::vector<Turn> sluice::schedule::orderSequential(int, int, int microBatches) {
  std::vector<Turn> turns;
  for (int microBatch = 0; microBatch < microBatches; ++microBatch) {
    turns.push_back({RunKind::Forward, microBatch});
    turns.push_back({RunKind::Backward, microBatch});
  }
  return turns;
}
