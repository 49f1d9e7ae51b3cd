//===- Narrow.h - Values that are rounded anyway -----------------------------------===//
#ifndef SLUICE_PASSES_NUMERICS_NARROW_H
#define SLUICE_PASSES_NUMERICS_NARROW_H

#include "mlir/IR/Builders.h"

namespace sluice {

/// Whether contractions that round to `type` are all that uses `value`, but for `other`, maybe rearranged.
bool isOnlyRounded(mlir::Value value, mlir::Type type, mlir::Operation *other = nullptr);

/// Gives the uses of `wide`, but for `other`, `narrow` instead: widened in front of contractions, and as it is where it
/// is rearranged.
void replaceByNarrow(mlir::Value wide, mlir::Value narrow, mlir::Operation *other = nullptr);

/// Rounds a tensor right behind where it is computed.
mlir::Operation *createRounded(mlir::Value wide, mlir::Type element);

/// The type of a tensor with elements of another one.
mlir::Type withElement(mlir::Type tensor, mlir::Type element);

} // namespace sluice

#endif // SLUICE_PASSES_NUMERICS_NARROW_H
