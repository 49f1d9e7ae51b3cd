//===- ApproximateFunctions.h - f32 functions as polynomials -------*- C++ -*-===//
#ifndef SLUICE_PASSES_NUMERICS_APPROXIMATEFUNCTIONS_H
#define SLUICE_PASSES_NUMERICS_APPROXIMATEFUNCTIONS_H

#include "mlir/IR/Builders.h"

namespace sluice {

/// The value of `op`, a unary function of the math dialect, on `x`, an f32 or a vector of f32, or null where there is
/// no polynomial for it. The same ops are built for every shape, so the bits of a result depend on the argument only.
mlir::Value approximateFunction(mlir::OpBuilder &builder, mlir::Operation *op, mlir::Value x);

/// The same on f64: of exp alone.
mlir::Value approximateDouble(mlir::OpBuilder &builder, mlir::Operation *op, mlir::Value x);

} // namespace sluice

#endif // SLUICE_PASSES_NUMERICS_APPROXIMATEFUNCTIONS_H
