//===- ForwardAction.h - The action that runs the layers forward ----------------===//
#ifndef SLUICE_PASSES_GRADIENT_FORWARDACTION_H
#define SLUICE_PASSES_GRADIENT_FORWARDACTION_H

#include "passes/Gradient/TrainingSlots.h"

namespace sluice {

/// Makes `train.forward`, which calls the layers' forward functions and stores what backward needs and the results of
/// the graph. A layer that is dropped passes its first operand on.
void buildForward(const TrainingGraph &train, TrainingSlots &slots, ActionHelpers &helpers);

} // namespace sluice

#endif // SLUICE_PASSES_GRADIENT_FORWARDACTION_H
