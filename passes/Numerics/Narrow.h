//===- Narrow.h - Values that are rounded anyway -----------------------------------===//
#ifndef SLUICE_PASSES_NUMERICS_NARROW_H
#define SLUICE_PASSES_NUMERICS_NARROW_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

namespace sluice {

/// Whether contractions that round to `type` are all that uses `value`, but for `other`, maybe rearranged.
bool isOnlyRounded(mlir::Value value, mlir::Type type, mlir::Operation *other = nullptr);

/// The type of 16 bits that the contractions round `value` to which are all that uses it, maybe rearranged; null where
/// something else uses it, where they differ, and where nothing uses it.
mlir::Type typeRoundedTo(mlir::Value value);

/// Gives the uses of `wide`, but for `other`, `narrow` instead: widened in front of contractions, and as it is where it
/// is rearranged.
void replaceByNarrow(mlir::Value wide, mlir::Value narrow, mlir::Operation *other = nullptr);

/// Makes an argument narrow that contractions alone use, maybe rearranged.
void narrowArgument(mlir::func::FuncOp function, unsigned index, mlir::Type element);

/// Gives a function the type that its arguments and what it returns have.
void updateType(mlir::func::FuncOp function);

/// Rounds a tensor right behind where it is computed.
mlir::Operation *createRounded(mlir::Value wide, mlir::Type element);

/// The type of a tensor with elements of another one.
mlir::Type withElement(mlir::Type tensor, mlir::Type element);

} // namespace sluice

#endif // SLUICE_PASSES_NUMERICS_NARROW_H
