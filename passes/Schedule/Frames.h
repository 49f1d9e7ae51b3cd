//===- Frames.h - How many micro-batches are alive at once ---------------------------===//
//
// A step of the verifier. A frame holds what a stage keeps of one micro-batch, from its first action (load or recv) to
// its last (backward or send). Micro-batch m has frame m modulo the number of frames. Where gradients are stale, those
// of the replica are counted through all steps.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_SCHEDULE_FRAMES_H
#define SLUICE_PASSES_SCHEDULE_FRAMES_H

#include "passes/Schedule/ProgramIndex.h"
#include <optional>
#include <vector>

namespace sluice::schedule {

/// When the frame of a micro-batch is in use: its first and last moment, from the beginning of step 0.
struct Lifetime {
  int microBatch; ///< of the replica, through all steps
  int64_t first, last;
};

/// The lifetimes of a stage's frames of so many steps, by micro-batch.
std::vector<Lifetime> lifetimesOf(const StageIndex &stage, int microBatches, int steps = 1);

/// The frame of a micro-batch that is counted through all steps, of `frames`.
int frameOf(const Pipeline &pipeline, int microBatch, int frames);

/// The fewest frames by stage with which no two lifetimes share one, the same for all replicas; or those declared,
/// where they are enough.
std::optional<Error> countFrames(const Pipeline &pipeline, const ProgramIndex &index, std::vector<int> &frames);

} // namespace sluice::schedule

#endif // SLUICE_PASSES_SCHEDULE_FRAMES_H
