//===- OptimizersToLinalg.h - Updates of parameters as linalg ----------------------===//
//
// A parameter and its state are arguments that are updated in place; run-time scalars are operands of rank 0.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_TENSORS_OPTIMIZERSTOLINALG_H
#define SLUICE_PASSES_TENSORS_OPTIMIZERSTOLINALG_H

#include "passes/Tensors/LinalgLowerings.h"

namespace sluice {
/// Adds AdamW, SGD and Muon.
void addOptimizerLowerings(LinalgLowerings &lowerings);

/// A run-time scalar, which may be f64, as a value of the type of the elements.
mlir::Value narrowScalar(mlir::ImplicitLocOpBuilder &b, mlir::Value value, mlir::Type type);
} // namespace sluice

#endif // SLUICE_PASSES_TENSORS_OPTIMIZERSTOLINALG_H
