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
  auto computeType = op.getComputeType();
  bool areEqual =
      llvm::all_of(op.getInputs().slice(first, 3), [&](Value input) { return getElementTypeOrSelf(input) == found; });
  if (areEqual && (found == element || (computeType && found == *computeType)))
    return success();
  InFlightDiagnostic diagnostic = op.emitOpError() << "expected query, key and value of " << element;
  if (computeType)
    diagnostic << " or of " << *computeType;
  return diagnostic << ", found " << llvm::interleaved(llvm::map_range(op.getInputs().slice(first, 3), [](Value input) {
           return getElementTypeOrSelf(input);
         }));
}
LogicalResult BlockedAttentionOp::verify() { return verifyElements(*this, 0); }
LogicalResult BlockedAttentionBackwardOp::verify() { return verifyElements(*this, 1); }

/// Of the input at `index` and the weight behind it.
template <typename CrossEntropyOp> static LogicalResult verifyFactors(CrossEntropyOp op, unsigned index) {
  Type element = getElementTypeOrSelf(op.getOutputs().front());
  auto computeType = op.getComputeType();
  for (Value factor : op.getInputs().slice(index, 2)) {
    Type found = getElementTypeOrSelf(factor);
    if (found == element || (computeType && found == *computeType))
      continue;
    InFlightDiagnostic diagnostic = op.emitOpError() << "expected input and weight of " << element;
    if (computeType)
      diagnostic << " or of " << *computeType;
    return diagnostic << ", found " << found;
  }
  return success();
}
LogicalResult BlockedCrossEntropyOp::verify() { return verifyFactors(*this, 0); }
LogicalResult BlockedCrossEntropyBackwardOp::verify() { return verifyFactors(*this, 1); }
LogicalResult BlockedCrossEntropyWithGradientOp::verify() { return verifyFactors(*this, 1); }
