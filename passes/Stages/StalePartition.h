//===- StalePartition.h - Layers to stages that do not wait for each other -------------===//
//
// Under a schedule whose gradients are stale, a device waits neither at the end of a step nor for another's backward,
// and holds stages s, s + D, ... of K, on D devices. Then a step takes as long as the largest cycle ratio of the event
// graph of its programs (passes/Schedule/EventGraph.h). With a program in the order of `ouroboros`, and M micro-batches
// a step, that is the longest of these, each of which goes through one step:
//
//   device   all that it computes in a step. Between the forwards of two of its stages it waits for those of the stages
//            between them
//   ring     the forwards from the first stage of the last stage's device to the last stage, its backward, and the
//            updates that wait for it
//
// Micro-batches follow each other through the forwards of stages as through a flow shop of equal jobs: the sum of one
// micro-batch's, and M - 1 times the longest. Cycles over several steps are shorter but for their messages, which are
// not counted.
//
// Knows nothing of IR, as Partition.h.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_STAGES_STALEPARTITION_H
#define SLUICE_PASSES_STAGES_STALEPARTITION_H

#include "passes/Stages/Partition.h"

namespace sluice {

/// The period of stages with so many layers, in ticks a step. The counts are those of all layers and stages, and
/// `problem.stale` is there.
int64_t stalePeriod(const PartitionProblem &problem, llvm::ArrayRef<int64_t> counts);

/// The counts of a partition of the least period in which every stage has a layer, by branch and bound from one that no
/// small move makes faster; none where memory does not suffice or where there are fewer layers than stages. With about
/// 100 layers, and six stages or more that share devices otherwise than as a ring, the search ends after a second with
/// the best so far, which may be some percent slower. Of partitions of that period it is one whose layers have little
/// delay, each weighed by its time.
std::optional<llvm::SmallVector<int64_t>> solveStalePartition(const PartitionProblem &problem);

} // namespace sluice

#endif // SLUICE_PASSES_STAGES_STALEPARTITION_H
