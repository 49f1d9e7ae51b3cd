//===- Frames.h - How many micro-batches are alive at once ---------------------------===//
//
// A step of the verifier. A frame holds what a stage keeps of one micro-batch, from its first action (load or recv) to
// its last (backward or send). Micro-batch m has frame m modulo the number of frames.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_SCHEDULE_FRAMES_H
#define SLUICE_PASSES_SCHEDULE_FRAMES_H

#include "passes/Schedule/ProgramIndex.h"
#include <optional>
#include <vector>

namespace sluice::schedule {

/// When the frame of a micro-batch is in use: its first and last position in the body.
struct Lifetime {
  int microBatch; ///< counted within the replica
  int first, last;
};

/// The lifetimes of a stage's frames, by their start.
std::vector<Lifetime> lifetimesOf(const StageIndex &stage, int microBatches);

/// The fewest frames by stage with which no two lifetimes share one, the same for all replicas; or those declared,
/// where they are enough.
std::optional<Error> countFrames(const Pipeline &pipeline, const ProgramIndex &index, std::vector<int> &frames);

} // namespace sluice::schedule

#endif // SLUICE_PASSES_SCHEDULE_FRAMES_H
