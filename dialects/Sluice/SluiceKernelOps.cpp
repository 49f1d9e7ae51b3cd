//===- SluiceKernelOps.cpp - Destination-style ops of the lowering -------------===//
#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/InterleavedRange.h"

using namespace mlir;
using namespace sluice;

void sluice::destinationEffects(DestinationStyleOpInterface op,
                                SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>> &effects) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    effects.emplace_back(MemoryEffects::Read::get(), &operand, /*stage=*/0, /*effectOnFullRegion=*/true,
                         SideEffects::DefaultResource::get());
    if (op.isDpsInit(&operand))
      effects.emplace_back(MemoryEffects::Write::get(), &operand, /*stage=*/0, /*effectOnFullRegion=*/true,
                           SideEffects::DefaultResource::get());
  }
}

/// Query, key and value from the input at `first` on.
template <typename AttentionOp> static LogicalResult verifyElements(AttentionOp op, unsigned first) {
  Type element = getElementTypeOrSelf(op.getOutputs().front()), found = getElementTypeOrSelf(op.getInputs()[first]);
  bool areEqual =
      llvm::all_of(op.getInputs().slice(first, 3), [&](Value input) { return getElementTypeOrSelf(input) == found; });
  if (areEqual && (found == element || (element.isF32() && found.isBF16())))
    return success();
  return op.emitOpError() << "expected query, key and value of " << element << (element.isF32() ? " or of bf16" : "")
                          << ", found "
                          << llvm::interleaved(llvm::map_range(op.getInputs().slice(first, 3), [](Value input) {
                               return getElementTypeOrSelf(input);
                             }));
}
LogicalResult BlockedAttentionOp::verify() { return verifyElements(*this, 0); }
LogicalResult BlockedAttentionBackwardOp::verify() { return verifyElements(*this, 1); }

/// Of the input at `index`, in front of the weight.
template <typename CrossEntropyOp> static LogicalResult verifyInput(CrossEntropyOp op, unsigned index) {
  Type found = getElementTypeOrSelf(op.getInputs()[index]), element = getElementTypeOrSelf(op.getInputs()[index + 1]);
  bool mayBeNarrow = element.isF32() && op.getComputeType();
  if (found == element || (mayBeNarrow && found.isBF16()))
    return success();
  return op.emitOpError() << "expected an input of " << element << (mayBeNarrow ? " or of bf16" : "") << ", found "
                          << found;
}
LogicalResult BlockedCrossEntropyOp::verify() { return verifyInput(*this, 0); }
LogicalResult BlockedCrossEntropyBackwardOp::verify() { return verifyInput(*this, 1); }
LogicalResult BlockedCrossEntropyWithGradientOp::verify() { return verifyInput(*this, 1); }
