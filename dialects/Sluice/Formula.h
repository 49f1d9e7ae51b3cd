//===- Formula.h - Formulas of scalars ---------------------------------------===//
#ifndef SLUICE_DIALECTS_SLUICE_FORMULA_H
#define SLUICE_DIALECTS_SLUICE_FORMULA_H

#include "dialects/Sluice/SluiceInterfaces.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace sluice {

/// Arithmetic on scalars of one type, for formulas that read like formulas. Ops are built where the builder stands; it
/// outlives the formula.
struct Formula {
  mlir::ImplicitLocOpBuilder &b;
  mlir::Type type;

  /// A constant, rounded to the type.
  mlir::Value c(double value) { return mlir::arith::ConstantOp::create(b, b.getFloatAttr(type, value)); }
  /// The four operations, in the order of the arguments. None is fused or reordered.
  mlir::Value add(mlir::Value x, mlir::Value y) { return mlir::arith::AddFOp::create(b, x, y); }
  mlir::Value sub(mlir::Value x, mlir::Value y) { return mlir::arith::SubFOp::create(b, x, y); }
  mlir::Value mul(mlir::Value x, mlir::Value y) { return mlir::arith::MulFOp::create(b, x, y); }
  mlir::Value div(mlir::Value x, mlir::Value y) { return mlir::arith::DivFOp::create(b, x, y); }
  /// Functions that `sluice-approximate-math` turns into polynomials or calls of the C library.
  mlir::Value exp(mlir::Value x) { return mlir::math::ExpOp::create(b, x); }
  mlir::Value erf(mlir::Value x) { return mlir::math::ErfOp::create(b, x); }
  /// 1 / (1 + exp(-x)), given -x; it does not cancel where x is far below zero.
  mlir::Value sigmoidOfNegated(mlir::Value negated) { return div(c(1), add(c(1), exp(negated))); }
  /// `x` where the position counts, 0 where its target is -1.
  mlir::Value ifCounted(mlir::Value target, mlir::Value x) {
    mlir::Value zero = mlir::arith::ConstantOp::create(b, b.getI32IntegerAttr(0));
    mlir::Value counts = mlir::arith::CmpIOp::create(b, mlir::arith::CmpIPredicate::sge, target, zero);
    return mlir::arith::SelectOp::create(b, counts, x, c(0));
  }
};

} // namespace sluice

#endif // SLUICE_DIALECTS_SLUICE_FORMULA_H
