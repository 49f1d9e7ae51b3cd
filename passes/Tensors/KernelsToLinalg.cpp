//===- KernelsToLinalg.cpp - Ops that are computed in blocks get destinations ------===//
#include "passes/Tensors/KernelsToLinalg.h"
#include "passes/Build/Formula.h"

using namespace mlir;
using namespace sluice;

/// The target's strategy sets the blocks of kernel ops, much later.
static const DenseI64ArrayAttr noBlock;

/// The inputs, and then key, layer and rate of dropout if the op has any.
template <typename OpType> static SmallVector<Value> withRandomness(OpType op, SmallVector<Value> inputs) {
  if (op.getRandomKey())
    inputs.append({op.getRandomKey(), op.getLayer(), op.getRate()});
  return inputs;
}

/// A destination of undefined contents for each result.
static SmallVector<Value> outputsOf(LinalgBuilder &b, Operation *op) {
  return llvm::map_to_vector(op->getResultTypes(), [&](Type type) { return b.empty(type); });
}

/// Where a weight's gradient goes, and whether it is added to what is there: the sum it is a term of, if there is one.
static std::pair<Value, bool> gradientDestination(LinalgBuilder &b, Value gradient) {
  AddOp add = accumulatingAdd(gradient);
  return {add ? add.getLhs() : b.empty(gradient.getType()), bool(add)};
}

template <typename KernelOp> static SmallVector<Value> resultsOf(KernelOp op) {
  return SmallVector<Value>(op.getResults());
}

static SmallVector<Value> lowerEmbedding(LinalgBuilder &b, EmbeddingOp op) {
  return resultsOf(GatherRowsOp::create(b, op->getResultTypes(), ValueRange{op.getIndices(), op.getTable()},
                                        outputsOf(b, op), noBlock));
}

static SmallVector<Value> lowerEmbeddingBackward(LinalgBuilder &b, EmbeddingBackwardOp op) {
  Value table = accumulatorOf(b, op.getResult());
  return resultsOf(
      ScatterRowsOp::create(b, table.getType(), ValueRange{op.getGradient(), op.getIndices()}, table, noBlock));
}

static SmallVector<Value> lowerAttention(LinalgBuilder &b, AttentionOp op) {
  auto inputs =
      withRandomness(op, {factorOf(op, op.getQuery()), factorOf(op, op.getKey()), factorOf(op, op.getValue())});
  return resultsOf(BlockedAttentionOp::create(b, op->getResultTypes(), inputs, outputsOf(b, op), op.getHeads(),
                                              op.getCausal(), op.getOrdinal(), op.getComputeTypeAttr(), noBlock));
}

static SmallVector<Value> lowerAttentionBackward(LinalgBuilder &b, AttentionBackwardOp op) {
  auto inputs = withRandomness(op, {op.getGradient(), factorOf(op, op.getQuery()), factorOf(op, op.getKey()),
                                    factorOf(op, op.getValue()), op.getResult(), op.getLogsumexp()});
  return resultsOf(BlockedAttentionBackwardOp::create(b, op->getResultTypes(), inputs, outputsOf(b, op), op.getHeads(),
                                                      op.getCausal(), op.getOrdinal(), op.getComputeTypeAttr(),
                                                      noBlock));
}

static SmallVector<Value> lowerLinearCrossEntropy(LinalgBuilder &b, LinearCrossEntropyOp op) {
  return resultsOf(BlockedCrossEntropyOp::create(
      b, op->getResultTypes(), ValueRange{factorOf(op, op.getInput()), factorOf(op, op.getWeight()), op.getTargets()},
      outputsOf(b, op), op.getComputeTypeAttr(), noBlock));
}

static SmallVector<Value> lowerLinearCrossEntropyBackward(LinalgBuilder &b, LinearCrossEntropyBackwardOp op) {
  auto [dweight, adds] = gradientDestination(b, op.getDweight());
  return resultsOf(BlockedCrossEntropyBackwardOp::create(
      b, op->getResultTypes(),
      ValueRange{op.getGradient(), factorOf(op, op.getInput()), factorOf(op, op.getWeight()), op.getTargets(),
                 op.getLogsumexp()},
      ValueRange{b.empty(op.getDinput().getType()), dweight}, adds, op.getComputeTypeAttr(), noBlock));
}

static SmallVector<Value> lowerLinearCrossEntropyWithGradient(LinalgBuilder &b, LinearCrossEntropyWithGradientOp op) {
  auto [dweight, adds] = gradientDestination(b, op.getDweight());
  return resultsOf(BlockedCrossEntropyWithGradientOp::create(
      b, op->getResultTypes(),
      ValueRange{op.getGradient(), factorOf(op, op.getInput()), factorOf(op, op.getWeight()), op.getTargets()},
      ValueRange{b.empty(op.getLoss().getType()), b.empty(op.getDinput().getType()), dweight}, adds,
      op.getComputeTypeAttr(), noBlock));
}

static SmallVector<Value> lowerStandardizationLoss(LinalgBuilder &b, StandardizationLossOp op) {
  return resultsOf(BlockedStandardizationLossOp::create(b, op->getResultTypes(),
                                                        ValueRange{op.getInput(), op.getTargets()}, outputsOf(b, op),
                                                        op.getAveraged(), op.getEpsilon(), noBlock));
}

// With N positions: gradient (mean + (1 - 1/(variance + epsilon)) (x - mean)) / N, 0 where a position does not count.
static Value lowerStandardizationLossBackward(LinalgBuilder &b, StandardizationLossBackwardOp op) {
  Type unitType = op.getMean().getType();
  Value count = b.reduceLeading(op.getTargets(), b.filled(op.getGradient().getType(), 0), countTarget);
  // Two results of one op do not fuse into their user: the divisions are made once a unit, not once an element.
  auto units =
      b.elementwise({op.getGradient(), count, op.getMean(), op.getVariance()}, {b.empty(unitType), b.empty(unitType)},
                    [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                      Formula f{b, v[0].getType()};
                      double number = op.getAveraged() ? typeOf(op.getMean()).getNumElements() : 1;
                      Value positions = arith::MaximumFOp::create(b, v[1], f.c(1));
                      Value share = f.div(v[0], f.mul(positions, f.c(number)));
                      Value raised = f.add(v[3], f.c(op.getEpsilon().convertToDouble()));
                      return {f.mul(share, v[2]), f.mul(share, f.sub(f.c(1), f.div(f.c(1), raised)))};
                    });
  return b
      .elementwise({op.getInput(), op.getTargets(), op.getMean(), units[0], units[1]}, b.empty(op.getType()),
                   [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                     Formula f{b, v[0].getType()};
                     return {f.ifCounted(v[1], f.add(v[3], f.mul(v[4], f.sub(v[0], v[2]))))};
                   },
                   /*trailing=*/{1})
      .front();
}

void sluice::addKernelLowerings(LinalgLowerings &lowerings) {
  lowerings.add(lowerEmbedding, lowerEmbeddingBackward, lowerAttention, lowerAttentionBackward, lowerLinearCrossEntropy,
                lowerLinearCrossEntropyBackward, lowerLinearCrossEntropyWithGradient, lowerStandardizationLoss,
                lowerStandardizationLossBackward);
}
