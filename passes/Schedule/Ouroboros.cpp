//===- Ouroboros.cpp - Stages that do not wait for each other's backward ------------===//
//
// Yang et al., "Ouroboros: On Accelerating Training of Transformer-Based Language Models" (NeurIPS 2019), with the rule
// of Huo et al., "Decoupled Parallel Backpropagation with Convergence Guarantee" (2018): in step t stage s of K applies
// the gradient of step t - (K - 1 - s), by the error gradient that the stage above computed in the step before. The
// last stage has no delay. Three stages, a backward of two forwards, steps 2 and 3: forward in digits, backward in
// letters, both by their step:
//
//   stage 0 | 2 a a 3 b b . .
//   stage 1 | . 2 b b 3 c c .
//   stage 2 | . . 2 c c 3 d d
//
// A device runs the forwards of its stages, then the backwards of those that are late while it would wait, and the last
// stage at the end. With the first and the last stage on one device, both uses of a tied parameter are there: the ring.
//
//===----------------------------------------------------------------------===//
#include "passes/Schedule/Generators.h"

using namespace sluice::schedule;

std::vector<Turn> sluice::schedule::orderOuroboros(int device, const Layout &layout) {
  std::vector<Turn> turns;
  std::vector<int> late;
  bool hasLast = false;
  for (int stage = device; stage < layout.stages; stage += layout.devices)
    if (stage + 1 < layout.stages)
      late.push_back(stage);
    else
      hasLast = true;
  auto add = [&](RunKind kind, int stage) {
    for (int microBatch = 0; microBatch < layout.microBatches; ++microBatch)
      turns.push_back({kind, microBatch, stage});
  };
  for (int stage : late)
    add(RunKind::Forward, stage);
  for (auto stage = late.rbegin(); stage != late.rend(); ++stage)
    add(RunKind::Backward, *stage);
  for (int microBatch = 0; hasLast && microBatch < layout.microBatches; ++microBatch)
    for (RunKind kind : {RunKind::Forward, RunKind::Backward})
      turns.push_back({kind, microBatch, layout.stages - 1});
  return turns;
}
