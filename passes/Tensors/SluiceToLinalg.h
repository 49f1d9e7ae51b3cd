//===- SluiceToLinalg.h - Inside of sluice-to-linalg ---------------------------===//
#ifndef SLUICE_PASSES_TENSORS_SLUICETOLINALG_H
#define SLUICE_PASSES_TENSORS_SLUICETOLINALG_H

#include "dialects/Sluice/SluiceDialect.h"
#include "passes/Build/LinalgBuilder.h"

namespace sluice {

/// Lowers one op after another; a result that is only added to an accumulator argument is computed into it.
class ToLinalg {
public:
  /// What is built keeps the op's name in its location.
  explicit ToLinalg(mlir::Operation *op)
      : b(mlir::NameLoc::get(mlir::StringAttr::get(op->getContext(), op->getName().stripDialect()), op->getLoc()), op) {
  }

  /// The values that replace the results of `op`; empty where `op` is not of this phase.
  llvm::SmallVector<mlir::Value> lower(mlir::Operation *op);

  /// Where the contents of `result` go: the accumulator that it is added to, or zeros. The caller's value replaces the
  /// sum.
  mlir::Value accumulatorOf(mlir::Value result);
  /// The sum that adds `result` to an accumulator argument (one that is updated in place), if that is its only use.
  static AddOp accumulatingAdd(mlir::Value result);

private:
  /// What a value was widened from, if it was from bf16, for ops that take both; else the value.
  static mlir::Value narrow(mlir::Value value);
  /// What contractions of the op multiply: what a value was widened from, where they round to it.
  static mlir::Value factor(ComputeTypeOpInterface op, mlir::Value value);
  // Element by element and shapes (SluiceToLinalg.cpp).
  mlir::Value binary(mlir::Operation *op);
  llvm::SmallVector<mlir::Value> activation(ActivationOpInterface op);
  mlir::Value dropout(DropoutOp op);
  mlir::Value bernoulli(BernoulliOp op);
  mlir::Value element(ElementOp op);
  mlir::Value reshape(ReshapeOp op);
  mlir::Value slice(mlir::Value input, mlir::Type type, int64_t offsetOfLast);
  mlir::Value padRows(PadRowsOp op);
  mlir::Value concat(ConcatOp op);
  // Sums and products (ContractionsToLinalg.cpp).
  mlir::Value linear(LinearOp op);
  mlir::Value matmul(MatmulOp op);
  llvm::SmallVector<mlir::Value> norm(NormOpInterface op);
  llvm::SmallVector<mlir::Value> normBackward(NormBackwardOpInterface op);
  mlir::Value standardizationLossBackward(StandardizationLossBackwardOp op);
  mlir::Value sumOfSquares(SumOfSquaresOp op);
  // Blocked ops and the optimizer (KernelsToLinalg.cpp).
  template <typename KernelOp> llvm::SmallVector<mlir::Value> kernel(mlir::ValueRange inputs, mlir::ValueRange outputs);
  llvm::SmallVector<mlir::Value> blocked(mlir::Operation *op);
  llvm::SmallVector<mlir::Value> adamw(AdamWOp op);
  llvm::SmallVector<mlir::Value> sgd(SgdOp op);
  llvm::SmallVector<mlir::Value> muon(MuonOp op);

  LinalgBuilder b;
};

} // namespace sluice

#endif // SLUICE_PASSES_TENSORS_SLUICETOLINALG_H
