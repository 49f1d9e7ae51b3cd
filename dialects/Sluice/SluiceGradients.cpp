//===- SluiceGradients.cpp - Every op's own backward -----------------------------===//
#include "dialects/Sluice/Shapes.h"
#include "dialects/Sluice/SluiceDialect.h"

using namespace mlir;
using namespace sluice;

using Gradients = SmallVectorImpl<Value>;

/// Sums `gradient` over the leading dimensions over which `operand` was broadcast.
static Value sumTo(OpBuilder &b, Location loc, Value gradient, Value operand) {
  if (gradient.getType() == operand.getType())
    return gradient;
  return SumLeadingOp::create(b, loc, operand.getType(), gradient);
}

LogicalResult AddOp::buildBackward(OpBuilder &b, ValueRange dy, Gradients &dx) {
  dx[0] = dy[0];
  dx[1] = sumTo(b, getLoc(), dy[0], getRhs());
  return success();
}

LogicalResult MulOp::buildBackward(OpBuilder &b, ValueRange dy, Gradients &dx) {
  dx[0] = MulOp::create(b, getLoc(), dy[0], getRhs());
  dx[1] = sumTo(b, getLoc(), MulOp::create(b, getLoc(), dy[0], getLhs()), getRhs());
  return success();
}

LogicalResult ScaleOp::buildBackward(OpBuilder &b, ValueRange dy, Gradients &dx) {
  dx[0] = ScaleOp::create(b, getLoc(), getType(), dy[0], getFactorAttr());
  return success();
}

// The mask is a function of the key: the backward draws the same one.
LogicalResult DropoutOp::buildBackward(OpBuilder &b, ValueRange dy, Gradients &dx) {
  dx[0] = DropoutOp::create(b, getLoc(), getType(), dy[0], getKey(), getLayer(), getRate(), getOrdinalAttr());
  return success();
}

LogicalResult ReshapeOp::buildBackward(OpBuilder &b, ValueRange dy, Gradients &dx) {
  dx[0] = ReshapeOp::create(b, getLoc(), getInput().getType(), dy[0]);
  return success();
}

LogicalResult SliceRowsOp::buildBackward(OpBuilder &b, ValueRange dy, Gradients &dx) {
  dx[0] = PadRowsOp::create(b, getLoc(), getInput().getType(), dy[0]);
  return success();
}

LogicalResult SplitOp::buildBackward(OpBuilder &b, ValueRange dy, Gradients &dx) {
  SmallVector<Value> parts;
  for (auto [gradient, result] : llvm::zip_equal(dy, getResults()))
    parts.push_back(gradient ? gradient : ZeroOp::create(b, getLoc(), result.getType()).getResult());
  dx[0] = ConcatOp::create(b, getLoc(), getInput().getType(), parts);
  return success();
}

LogicalResult ConcatOp::buildBackward(OpBuilder &b, ValueRange dy, Gradients &dx) {
  auto split = SplitOp::create(b, getLoc(), getOperandTypes(), dy[0]);
  llvm::copy(split.getResults(), dx.begin());
  return success();
}

LogicalResult EmbeddingOp::buildBackward(OpBuilder &b, ValueRange dy, Gradients &dx) {
  dx[1] = EmbeddingBackwardOp::create(b, getLoc(), getTable().getType(), dy[0], getIndices());
  return success();
}

LogicalResult LinearOp::buildBackward(OpBuilder &b, ValueRange dy, Gradients &dx) {
  dx[0] = LinearOp::create(b, getLoc(), getInput().getType(), dy[0], getWeight(), Value(), !getTransposed(),
                           /*errors=*/true, /*head=*/false, getComputeTypeAttr(), getAccumulationAttr());
  // The weight's gradient sums over every leading dimension. A vector is a matrix of one row here.
  Value input = getInput(), gradient = dy[0];
  if (rankOf(input) == 1) {
    auto asRow = [&](Value vector) -> Value {
      auto type = cast<RankedTensorType>(vector.getType());
      return ReshapeOp::create(b, getLoc(), RankedTensorType::get({1, type.getDimSize(0)}, type.getElementType()),
                               vector);
    };
    input = asRow(input);
    gradient = asRow(gradient);
  }
  if (getTransposed())
    std::swap(input, gradient);
  dx[1] = MatmulOp::create(b, getLoc(), getWeight().getType(), input, gradient, /*transpose_lhs=*/true,
                           /*transpose_rhs=*/false, /*reduce_leading=*/true, /*errors_lhs=*/getTransposed(),
                           /*errors_rhs=*/!getTransposed(), getComputeTypeAttr(), getAccumulationAttr());
  if (getBias())
    dx[2] = sumTo(b, getLoc(), dy[0], getBias());
  return success();
}

LogicalResult MatmulOp::buildBackward(OpBuilder &b, ValueRange dy, Gradients &dx) {
  if (getReduceLeading())
    return emitOpError() << "with 'reduce_leading' has no gradient: it is one itself";
  bool ta = getTransposeLhs(), tb = getTransposeRhs(), shared = rankOf(getRhs()) < rankOf(getLhs());
  auto product = [&](Type type, Value lhs, Value rhs, bool transposeLhs, bool transposeRhs, bool reduce) -> Value {
    return MatmulOp::create(b, getLoc(), type, lhs, rhs, transposeLhs, transposeRhs, reduce,
                            /*errors_lhs=*/lhs == dy[0],
                            /*errors_rhs=*/rhs == dy[0], getComputeTypeAttr(), getAccumulationAttr());
  };
  // C = A B: dA = dC B', dB = A' dC; each transposed where its operand is.
  if (ta && shared)
    return emitOpError() << "with 'transpose_lhs' and a right side of rank 2 has no gradient";
  dx[0] = ta ? product(getLhs().getType(), getRhs(), dy[0], tb, true, false)
             : product(getLhs().getType(), dy[0], getRhs(), false, !tb, false);
  dx[1] = tb ? product(getRhs().getType(), dy[0], getLhs(), true, ta, shared)
             : product(getRhs().getType(), getLhs(), dy[0], !ta, false, shared);
  return success();
}

LogicalResult AttentionOp::buildBackward(OpBuilder &b, ValueRange dy, Gradients &dx) {
  if (dy[1])
    return emitOpError() << "has no gradient through its log-sum-exp";
  Type type = getQuery().getType();
  auto backward = AttentionBackwardOp::create(b, getLoc(), type, type, type, dy[0], getQuery(), getKey(), getValue(),
                                              getResult(), getLogsumexp(), getRandomKey(), getLayer(), getRate(),
                                              getHeadsAttr(), getCausalAttr(), getOrdinalAttr(), getComputeTypeAttr());
  llvm::copy(backward.getResults(), dx.begin());
  return success();
}

LogicalResult LinearCrossEntropyOp::buildBackward(OpBuilder &b, ValueRange dy, Gradients &dx) {
  if (dy[1])
    return emitOpError() << "has no gradient through its log-sum-exp";
  auto backward =
      LinearCrossEntropyBackwardOp::create(b, getLoc(), getInput().getType(), getWeight().getType(), dy[0], getInput(),
                                           getWeight(), getTargets(), getLogsumexp(), getComputeTypeAttr());
  llvm::copy(backward.getResults(), dx.begin());
  return success();
}

unsigned LinearCrossEntropyOp::getNumResultsForBackward() { return 1; }

SmallVector<Operation *> LinearCrossEntropyOp::findBackwards() {
  auto backward =
      getLogsumexp().hasOneUse() ? dyn_cast<LinearCrossEntropyBackwardOp>(*getLogsumexp().user_begin()) : nullptr;
  if (!backward || backward.getInput() != getInput() || backward.getWeight() != getWeight() ||
      backward.getTargets() != getTargets())
    return {};
  return {backward};
}

SmallVector<Value> LinearCrossEntropyOp::buildJoined(OpBuilder &b, Operation *backward) {
  Value gradient = cast<LinearCrossEntropyBackwardOp>(backward).getGradient();
  auto joined = LinearCrossEntropyWithGradientOp::create(b, getLoc(), getLoss().getType(), getInput().getType(),
                                                         getWeight().getType(), gradient, getInput(), getWeight(),
                                                         getTargets(), getComputeTypeAttr());
  return SmallVector<Value>(joined->getResults());
}

LogicalResult StandardizationLossOp::buildBackward(OpBuilder &b, ValueRange dy, Gradients &dx) {
  if (dy[1] || dy[2] || dy[3])
    return emitOpError() << "has no gradient through its mean, variance or range";
  dx[0] = StandardizationLossBackwardOp::create(b, getLoc(), getInput().getType(), dy[0], getInput(), getTargets(),
                                                getMean(), getVariance(), getAveragedAttr(), getEpsilonAttr());
  return success();
}
