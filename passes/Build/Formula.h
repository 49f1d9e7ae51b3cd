//===- Formula.h - What bodies of generics compute --------------------------------===//
#ifndef SLUICE_PASSES_BUILD_FORMULA_H
#define SLUICE_PASSES_BUILD_FORMULA_H

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
  /// `x` where the position counts, 0 where its target is -1.
  mlir::Value ifCounted(mlir::Value target, mlir::Value x) {
    mlir::Value zero = mlir::arith::ConstantOp::create(b, b.getI32IntegerAttr(0));
    mlir::Value counts = mlir::arith::CmpIOp::create(b, mlir::arith::CmpIPredicate::sge, target, zero);
    return mlir::arith::SelectOp::create(b, counts, x, c(0));
  }
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
