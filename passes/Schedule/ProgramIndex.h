//===- ProgramIndex.h - Where the actions of a micro-batch are -----------------------===//
//
// A step of the verifier. Positions are those in the body of a device.
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
  std::vector<int> at; ///< position of each step of each micro-batch of the replica, -1: the stage has no such step
  int update = -1, tied = -1; ///< positions

  int position(int localMicroBatch, Step step) const { return at[localMicroBatch * stepsOfMicroBatch + step]; }
};

/// The messages of a channel in an iteration, in order: positions in the bodies of its two devices.
struct ChannelIndex {
  std::vector<int> sends, recvs;
};

struct ProgramIndex {
  std::vector<StageIndex> stages; ///< of all replicas, by Pipeline::instanceOf
  std::vector<int> reduce;        ///< by device
  std::vector<ChannelIndex> channels;
};

/// Checks the numbers of the pipeline, its channels, and that every action is one that its device may have.
std::optional<Error> checkActions(const Pipeline &pipeline);

/// Checks that every stage does what it has to, once and in order, and that the k-th receive of every channel is that
/// of the k-th send. Needs `checkActions`.
std::optional<Error> buildIndex(const Pipeline &pipeline, ProgramIndex &index);

} // namespace sluice::schedule

#endif // SLUICE_PASSES_SCHEDULE_PROGRAMINDEX_H
