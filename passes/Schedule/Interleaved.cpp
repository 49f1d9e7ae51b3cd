//===- Interleaved.cpp - Several stages a device, one forward and one backward in turn -----===//
//
// Narayanan et al., "Efficient Large-Scale Language Model Training on GPU Clusters Using Megatron-LM" (2021), section
// 2.2. Device d of D holds stages d, d + D, ... Micro-batches go through a device's stages in rounds of D: D of them
// through the first stage, the same through the next. Backward goes through the stages the other way. Two devices, four
// stages, two micro-batches, forward in digits, backward in letters, with a quote those of stages 2 and 3:
//
//   stages 0 and 2 | 0  1  0' 1' .  a' .  b' a  b
//   stages 1 and 3 | .  0  1  0' a' 1' b' a  b  .
//
// Where a device waits it waits for a stage, not for all that another device holds: the bubble is that of 1f1b divided
// by the number of stages a device. Every device sends as many times more.
//
//===----------------------------------------------------------------------===//
#include "passes/Schedule/Generators.h"
#include <algorithm>

using namespace sluice::schedule;

std::vector<Turn> sluice::schedule::orderInterleaved(int device, const Layout &layout) {
  int devices = layout.devices, held = layout.stages / devices, total = layout.microBatches * held;
  auto turn = [&](RunKind kind, int number) {
    int round = number / (devices * held), within = number % (devices * held);
    int place = within / devices;
    int stage = device + (kind == RunKind::Forward ? place : held - 1 - place) * devices;
    return Turn{kind, round * devices + within % devices, stage};
  };
  // Until the first backward comes back: through the stages behind on the way there and back, and through its own but
  // for the last.
  int ahead = std::min(total, 2 * (devices - 1 - device) + (held - 1) * devices);
  std::vector<Turn> turns;
  for (int number = 0; number < ahead; ++number)
    turns.push_back(turn(RunKind::Forward, number));
  for (int number = 0; number < total; ++number) {
    if (number + ahead < total)
      turns.push_back(turn(RunKind::Forward, number + ahead));
    turns.push_back(turn(RunKind::Backward, number));
  }
  return turns;
}
