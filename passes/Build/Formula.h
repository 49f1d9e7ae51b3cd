//===- Formula.h - What bodies of generics compute --------------------------------===//
#ifndef SLUICE_PASSES_BUILD_FORMULA_H
#define SLUICE_PASSES_BUILD_FORMULA_H

#include "dialects/Sluice/Formula.h"

namespace sluice {

// Bodies of one input and one output.

/// output = input
inline llvm::SmallVector<mlir::Value> copyOf(mlir::ImplicitLocOpBuilder &, mlir::ValueRange v) { return {v[0]}; }
/// output += input
inline llvm::SmallVector<mlir::Value> addTo(mlir::ImplicitLocOpBuilder &b, mlir::ValueRange v) {
  return {mlir::arith::AddFOp::create(b, v[1], v[0])};
}
/// output *= input
inline llvm::SmallVector<mlir::Value> scaleBy(mlir::ImplicitLocOpBuilder &b, mlir::ValueRange v) {
  return {mlir::arith::MulFOp::create(b, v[1], v[0])};
}
/// output += 1 where the input is a target that counts
inline llvm::SmallVector<mlir::Value> countTarget(mlir::ImplicitLocOpBuilder &b, mlir::ValueRange v) {
  Formula f{b, v[1].getType()};
  return {f.add(v[1], f.ifCounted(v[0], f.c(1)))};
}
/// output = min(output, input)
inline llvm::SmallVector<mlir::Value> minimumWith(mlir::ImplicitLocOpBuilder &b, mlir::ValueRange v) {
  return {mlir::arith::MinimumFOp::create(b, v[1], v[0])};
}
/// output = max(output, input)
inline llvm::SmallVector<mlir::Value> maximumWith(mlir::ImplicitLocOpBuilder &b, mlir::ValueRange v) {
  return {mlir::arith::MaximumFOp::create(b, v[1], v[0])};
}

} // namespace sluice

#endif // SLUICE_PASSES_BUILD_FORMULA_H
