//===- SplitAction.h - A backward action as two -----------------------------------===//
#ifndef SLUICE_PASSES_GRADIENT_SPLITACTION_H
#define SLUICE_PASSES_GRADIENT_SPLITACTION_H

#include "passes/Gradient/Actions.h"

namespace sluice {

/// Makes an action of kind `backward_input` and one of kind `backward_weight` in place of a backward action, or one of
/// them where the other has nothing to do. The first has `ofInput` and what is stored in frames, the second the rest.
/// What the second needs of the first goes through frames; returns how many bytes of one that takes more.
int64_t splitAction(mlir::func::FuncOp action, const llvm::SmallPtrSetImpl<mlir::Operation *> &ofInput,
                    mlir::SymbolTable &symbols, SlotBuilder &slots);

} // namespace sluice

#endif // SLUICE_PASSES_GRADIENT_SPLITACTION_H
