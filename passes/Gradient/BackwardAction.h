//===- BackwardAction.h - The action that computes the gradients ----------------===//
#ifndef SLUICE_PASSES_GRADIENT_BACKWARDACTION_H
#define SLUICE_PASSES_GRADIENT_BACKWARDACTION_H

#include "passes/Gradient/TrainingSlots.h"
#include "llvm/ADT/MapVector.h"

namespace sluice {

/// The slots of the gradients of an objective by parameter: one for each use that has its own, in the order in which
/// backward meets them.
using GradientSlots = llvm::MapVector<mlir::StringAttr, llvm::SmallVector<SlotOp>>;

/// Makes `train.backward`, which counts open gates, calls the layers' backward functions for each objective and stores
/// the gradients of parameters. The slots are by objective.
llvm::SmallVector<GradientSlots> buildBackward(const TrainingGraph &train, TrainingSlots &slots,
                                               ActionHelpers &helpers);

/// Makes `train.tied` where a parameter has several slots: they accumulate apart, and their sum or mean is stored in
/// the first once. Says whether there is such a parameter.
bool buildTied(const TrainingGraph &train, llvm::ArrayRef<GradientSlots> gradients, bool isMean,
               ActionHelpers &helpers);

} // namespace sluice

#endif // SLUICE_PASSES_GRADIENT_BACKWARDACTION_H
