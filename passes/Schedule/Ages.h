//===- Ages.h - How old gradients are when they are applied ---------------------------===//
//
// A step of the verifier. Three ages are declared by stage, and proved (Huo et al., "Decoupled Parallel Backpropagation
// with Convergence Guarantee", 2018, has the rule that they belong to):
//
//   own weights      updates of the stage between a forward and the update that takes the gradient of it
//   activations      updates by which the weights that a forward reads are newer than those that made its input
//   error gradient   steps between the backward of the stage above and the one that takes its gradient
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_SCHEDULE_AGES_H
#define SLUICE_PASSES_SCHEDULE_AGES_H

#include "passes/Schedule/ProgramIndex.h"
#include <optional>

namespace sluice::schedule {

/// Checks that the ages are those which the pipeline declares, of all stages and micro-batches.
std::optional<Error> checkAges(const Pipeline &pipeline, const ProgramIndex &index);

} // namespace sluice::schedule

#endif // SLUICE_PASSES_SCHEDULE_AGES_H
