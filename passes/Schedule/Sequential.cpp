//===- Sequential.cpp - One micro-batch after the other ----------------------------===//
//
// Model parallelism that is backward-locked: the baseline of every pipeline. Three stages, two micro-batches, forward
// in digits, backward in letters:
//
//   stage 0 | 0 . . . . a 1 . . . . b
//   stage 1 | . 0 . . a . . 1 . . b .
//   stage 2 | . . 0 a . . . . 1 b . .
//
// A device that holds several stages runs them where they come in this order.
//
// Huo et al., "Decoupled Parallel Backpropagation with Convergence Guarantee" (2018), names the lock.
//
//===----------------------------------------------------------------------===//
#include "passes/Schedule/Generators.h"

using namespace sluice::schedule;

std::vector<Turn> sluice::schedule::orderSequential(int device, const Layout &layout) {
  std::vector<Turn> turns;
  int held = layout.held(device);
  for (int microBatch = 0; microBatch < layout.microBatches; ++microBatch) {
    for (int number = 0; number < held; ++number)
      turns.push_back({RunKind::Forward, microBatch, device + number * layout.devices});
    for (int number = held - 1; number >= 0; --number)
      turns.push_back({RunKind::Backward, microBatch, device + number * layout.devices});
  }
  return turns;
}
