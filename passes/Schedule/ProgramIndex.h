//===- ProgramIndex.h - Where the actions of a micro-batch are -----------------------===//
//
// A step of the verifier. Positions are those in the body of a device. What a step has to do may be done in bodies
// behind its own: the lag counts them. A moment is lag x actions of the body + position, so that moments of a stage are
// in the order of time.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_SCHEDULE_PROGRAMINDEX_H
#define SLUICE_PASSES_SCHEDULE_PROGRAMINDEX_H

#include "passes/Schedule/Programs.h"
#include <optional>
#include <vector>

namespace sluice::schedule {

/// What a stage does for a micro-batch, once each.
/// Where backward runs in halves, `AtBackward` is the first.
enum Step {
  AtLoad,
  AtRecvActivations,
  AtForward,
  AtSendActivations,
  AtRecvGradients,
  AtBackward,
  AtSendGradients,
  AtBackwardWeight
};
inline constexpr int stepsOfMicroBatch = 8;

/// The actions of a stage of a replica, in the body of its device.
struct StageIndex {
  int stage = -1, device = -1;
  int bodySize = 1;        ///< actions of its device
  std::vector<int64_t> at; ///< moment of each step of each micro-batch of the replica, -1: the stage has no such step
  int update = -1, tied = -1, reduce = -1; ///< positions

  int64_t moment(int localMicroBatch, Step step) const { return at[localMicroBatch * stepsOfMicroBatch + step]; }
  int lag(int localMicroBatch, Step step) const { return int(moment(localMicroBatch, step) / bodySize); }
  /// The body of the first update of the stage behind a moment, counted from the step's own.
  int updateBehind(int64_t moment) const { return int(moment / bodySize) + (update < moment % bodySize); }
  /// -1: the stage has no such step.
  int position(int localMicroBatch, Step step) const {
    int64_t when = moment(localMicroBatch, step);
    return when < 0 ? -1 : int(when % bodySize);
  }
};

/// The messages of a channel in an iteration, in order: positions in the bodies of its two devices.
struct ChannelIndex {
  std::vector<int> sends, recvs;
  int lag = 0; ///< bodies between a send and its recv
};

struct ProgramIndex {
  std::vector<StageIndex> stages; ///< of all replicas, by Pipeline::instanceOf
  std::vector<int> reduce;        ///< by device, -1 where stages have their own
  std::vector<ChannelIndex> channels;
};

/// Checks the numbers of the pipeline, its channels, and that every action is one that its device may have.
std::optional<Error> checkActions(const Pipeline &pipeline);

/// Checks that every stage does what it has to, once and in order, and that the k-th receive of every channel is that
/// of the k-th send. Needs `checkActions`.
std::optional<Error> buildIndex(const Pipeline &pipeline, ProgramIndex &index);

} // namespace sluice::schedule

#endif // SLUICE_PASSES_SCHEDULE_PROGRAMINDEX_H
