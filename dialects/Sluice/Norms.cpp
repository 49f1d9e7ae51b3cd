//===- Norms.cpp - What the norms have in common, and what each has of its own ----===//
#include "dialects/Sluice/Shapes.h"
#include "dialects/Sluice/SluiceDialect.h"

using namespace mlir;
using namespace sluice;

/// Shapes and element types of a norm's operands and of its statistics; those that it lacks are null.
static LogicalResult verifyOperands(Operation *op, Value input, Value weight, Value bias, Value mean, Value rstd) {
  ArrayRef<int64_t> shape = shapeOf(input);
  if (shape.empty())
    return op->emitOpError() << "expected an input of rank 1 or more";
  if (failed(expectSameElement(op, {input, weight, rstd, bias, mean})) ||
      failed(expectShape(op, "weight", weight, shape.take_back())) ||
      failed(expectShape(op, "rstd", rstd, shape.drop_back())) ||
      (bias && failed(expectShape(op, "bias", bias, shape.take_back()))))
    return failure();
  return mean ? expectShape(op, "mean", mean, shape.drop_back()) : success();
}

LogicalResult sluice::verifyNorm(Operation *op) {
  auto norm = cast<NormOpInterface>(op);
  if (failed(expectPositiveEpsilon(op, norm.getEpsilon())))
    return failure();
  return verifyOperands(op, norm.getInput(), norm.getWeight(), norm.getBias(), norm.getMean(), norm.getRstd());
}

LogicalResult sluice::verifyNormBackward(Operation *op) {
  auto norm = cast<NormBackwardOpInterface>(op);
  return verifyOperands(op, norm.getInput(), norm.getWeight(), norm.getDbias(), norm.getMean(), norm.getRstd());
}

/// The rstd is the last result, behind the mean of a norm that has one.
static LogicalResult refuseGradientOfStatistics(Operation *op, ValueRange dy) {
  if (llvm::none_of(dy.drop_front(), [](Value gradient) { return bool(gradient); }))
    return success();
  return op->emitOpError() << "has no gradient through its " << (dy.size() > 2 ? "mean or rstd" : "rstd");
}

LogicalResult LayerNormOp::buildBackward(OpBuilder &b, ValueRange dy, SmallVectorImpl<Value> &dx) {
  if (failed(refuseGradientOfStatistics(*this, dy)))
    return failure();
  Type type = getInput().getType(), vector = getWeight().getType();
  auto backward = LayerNormBackwardOp::create(b, getLoc(), type, vector, vector, dy[0], getInput(), getWeight(),
                                              getMean(), getRstd());
  llvm::copy(backward.getResults().take_front(getBias() ? 3 : 2), dx.begin());
  return success();
}

LogicalResult RmsNormOp::buildBackward(OpBuilder &b, ValueRange dy, SmallVectorImpl<Value> &dx) {
  if (failed(refuseGradientOfStatistics(*this, dy)))
    return failure();
  auto backward = RmsNormBackwardOp::create(b, getLoc(), getInput().getType(), getWeight().getType(), dy[0], getInput(),
                                            getWeight(), getRstd());
  llvm::copy(backward.getResults(), dx.begin());
  return success();
}

int64_t LayerNormOp::getFlops() { return 8 * getInput().getType().getNumElements(); }
int64_t RmsNormOp::getFlops() { return 4 * getInput().getType().getNumElements(); }
