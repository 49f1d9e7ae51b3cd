//===- Sums.h - What the gradient buffers hold ----------------------------------------===//
//
// A step of the verifier: plays what backward, combine and messages do to sums, in an order in which the programs may
// run. A whole sum is a node of the balanced binary tree over all groups: its level, and its place within.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_SCHEDULE_SUMS_H
#define SLUICE_PASSES_SCHEDULE_SUMS_H

#include "passes/Schedule/EventGraph.h"
#include <optional>

namespace sluice::schedule {

/// Checks that sums are those of the tree, and are whole before tied sums, reduction and update. Needs a graph that was
/// played.
std::optional<Error> checkSums(const Pipeline &pipeline, const ProgramIndex &index, const EventGraph &graph);

} // namespace sluice::schedule

#endif // SLUICE_PASSES_SCHEDULE_SUMS_H
