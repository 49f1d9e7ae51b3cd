//===- UsedValues.h - What an op needs of others --------------------------------===//
#ifndef SLUICE_PASSES_GRADIENT_USEDVALUES_H
#define SLUICE_PASSES_GRADIENT_USEDVALUES_H

#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

namespace sluice {

/// The operands of an op, and what its regions use from outside.
inline llvm::SetVector<mlir::Value> valuesUsedBy(mlir::Operation *op) {
  llvm::SetVector<mlir::Value> used(op->operand_begin(), op->operand_end());
  mlir::getUsedValuesDefinedAbove(op->getRegions(), used);
  return used;
}

} // namespace sluice

#endif // SLUICE_PASSES_GRADIENT_USEDVALUES_H
