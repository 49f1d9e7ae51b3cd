//===- Verify.h - The proof of a pipeline --------------------------------------------===//
//
// Plays all programs together and proves, for every iteration:
//
//   - nothing hangs: programs and private queues are deterministic, so that one play stands for all;
//   - every receive meets its send in order: same role and micro-batch;
//   - a stage has one forward and one backward a micro-batch, in that order, between their messages; or the two halves
//     of backward, the second behind the first;
//   - no frame is written while something still reads it: micro-batch modulo frames chooses it;
//   - gradients are summed in ascending order within their group, groups and replicas by the balanced binary tree, and
//     tied sums, reduction and update come after all of it;
//   - gradients are as old as their stage declares (`Ages.h`).
//
// Prologue and epilogue are empty. An action may be of a step before that of its body, and is left out where there is
// none.
//
// Sends do not wait for the receive while the channel has room, and receives are posted ahead. A device waits for its
// own sends before it overwrites what they read.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_SCHEDULE_VERIFY_H
#define SLUICE_PASSES_SCHEDULE_VERIFY_H

#include "passes/Schedule/Programs.h"
#include "passes/Schedule/Timeline.h"
#include <optional>
#include <vector>

namespace sluice::schedule {

/// How long actions of a stage take, in any one unit; norm is what a device computes in a reduce. The second half of
/// backward is a part of it. The last four are times of transfers, which a device does not spend itself.
struct StageCosts {
  double forward = 1, backward = 1, tied = 0, norm = 0, update = 0, load = 0, combine = 0;
  double backwardWeight = 0.5;
  double activations = 0, gradients = 0, tiedSum = 0, replicaSum = 0;
};

struct Costs {
  std::vector<StageCosts> stages; ///< by stage; empty: all as by default
  double reduce = 0;              ///< from the last device's arrival to the end
};

struct Proof {
  std::vector<int> frames;  ///< by stage: the fewest that are safe, or as many as declared
  double period = 0;        ///< the time of an iteration in the long run: the largest cycle ratio
  double bubble = 0;        ///< 1 - busy time of all devices / (period x devices); 0 where nothing takes time
  std::vector<double> busy; ///< by device: the share of the period that it computes
  Timeline timeline;
};

/// Proves the pipeline, or says the first thing that is wrong with it. Linear in the number of actions but for the
/// period, which takes a few passes over them.
std::optional<Error> verify(const Pipeline &pipeline, const Costs &costs, Proof &proof);

} // namespace sluice::schedule

#endif // SLUICE_PASSES_SCHEDULE_VERIFY_H
