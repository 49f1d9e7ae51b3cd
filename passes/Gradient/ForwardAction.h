//===- ForwardAction.h - The action that runs the layers forward ----------------===//
#ifndef SLUICE_PASSES_GRADIENT_FORWARDACTION_H
#define SLUICE_PASSES_GRADIENT_FORWARDACTION_H

#include "passes/Gradient/TrainingSlots.h"

namespace sluice {

/// Makes `train.forward`, which calls the layers' forward functions and stores what backward needs and the results of
/// the graph. A layer that is dropped passes its first operand on.
void buildForward(const TrainingGraph &train, TrainingSlots &slots, ActionHelpers &helpers);

/// What a layer's forward function returns where the layer is dropped: its first operand, which is `passed`, and zeros.
/// What it would keep is not looked at.
llvm::SmallVector<mlir::Value> dropForward(mlir::OpBuilder &builder, LayerOp layer, mlir::func::FuncOp forward,
                                           mlir::Value passed, ActionHelpers &helpers);

} // namespace sluice

#endif // SLUICE_PASSES_GRADIENT_FORWARDACTION_H
