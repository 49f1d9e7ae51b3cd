//===- Indices.h - Arithmetic on indices -----------------------------------------===//
#ifndef SLUICE_PASSES_BUILD_INDICES_H
#define SLUICE_PASSES_BUILD_INDICES_H

#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace sluice {

/// Emits arithmetic on indices, folded where both sides are constants.
mlir::Value constantIndex(mlir::ImplicitLocOpBuilder &b, int64_t value);
/// Sums and products do not overflow: indices are within buffers.
mlir::Value plus(mlir::ImplicitLocOpBuilder &b, mlir::Value left, mlir::Value right);
mlir::Value plus(mlir::ImplicitLocOpBuilder &b, mlir::Value left, int64_t right);
mlir::Value times(mlir::ImplicitLocOpBuilder &b, mlir::Value left, int64_t right);
/// To a multiple of `factor`.
mlir::Value roundDown(mlir::ImplicitLocOpBuilder &b, mlir::Value value, int64_t factor);

} // namespace sluice

#endif // SLUICE_PASSES_BUILD_INDICES_H
