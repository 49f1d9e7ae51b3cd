//===- Formula.h - What bodies of generics compute --------------------------------===//
#ifndef SLUICE_PASSES_LOWERING_FORMULA_H
#define SLUICE_PASSES_LOWERING_FORMULA_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace sluice {

/// Arithmetic on scalars of one type, for formulas that read like formulas.
struct Formula {
  mlir::ImplicitLocOpBuilder &b;
  mlir::Type type;

  mlir::Value c(double value) { return mlir::arith::ConstantOp::create(b, b.getFloatAttr(type, value)); }
  mlir::Value add(mlir::Value x, mlir::Value y) { return mlir::arith::AddFOp::create(b, x, y); }
  mlir::Value sub(mlir::Value x, mlir::Value y) { return mlir::arith::SubFOp::create(b, x, y); }
  mlir::Value mul(mlir::Value x, mlir::Value y) { return mlir::arith::MulFOp::create(b, x, y); }
  mlir::Value div(mlir::Value x, mlir::Value y) { return mlir::arith::DivFOp::create(b, x, y); }
};

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
/// output = max(output, input)
inline llvm::SmallVector<mlir::Value> maximumWith(mlir::ImplicitLocOpBuilder &b, mlir::ValueRange v) {
  return {mlir::arith::MaximumFOp::create(b, v[1], v[0])};
}

} // namespace sluice

#endif // SLUICE_PASSES_LOWERING_FORMULA_H
