//===- SluiceCosts.cpp - FLOPs and lengths of sums -------------------------------===//
#include "dialects/Sluice/SluiceDialect.h"

using namespace mlir;
using namespace sluice;

static int64_t elements(Value value) { return cast<RankedTensorType>(value.getType()).getNumElements(); }
static int64_t dimension(Value value, int64_t index) {
  auto type = cast<RankedTensorType>(value.getType());
  return type.getDimSize(index < 0 ? type.getRank() + index : index);
}

int64_t AddOp::getFlops() { return elements(getResult()); }
int64_t MulOp::getFlops() { return elements(getResult()); }
int64_t EmbeddingOp::getFlops() { return 0; }
// Of the table only the rows that are looked up.
int64_t EmbeddingOp::getBytesMoved() {
  return sumOfTensorBytes(getIndices().getType()) + 2 * sumOfTensorBytes(getResult().getType());
}
int64_t StandardizationLossOp::getFlops() { return 5 * elements(getInput()); }

int64_t LinearOp::getFlops() {
  return 2 * elements(getResult()) * getForwardLength() + (getBias() ? elements(getResult()) : 0);
}
int64_t LinearOp::getForwardLength() { return dimension(getInput(), -1); }
int64_t LinearOp::getInputGradientLength() { return dimension(getResult(), -1); }
int64_t LinearOp::getWeightGradientLength() { return elements(getInput()) / dimension(getInput(), -1); }

int64_t MatmulOp::getFlops() { return 2 * elements(getResult()) * getForwardLength(); }
int64_t MatmulOp::getForwardLength() {
  int64_t length = dimension(getLhs(), getTransposeLhs() ? -2 : -1);
  return getReduceLeading() ? length * (elements(getLhs()) / (dimension(getLhs(), -1) * dimension(getLhs(), -2)))
                            : length;
}
int64_t MatmulOp::getInputGradientLength() { return dimension(getResult(), -1); }
int64_t MatmulOp::getWeightGradientLength() { return dimension(getResult(), -2); }

// Two products over [sequence, sequence], half of them when causal, and a softmax of about five operations a score.
int64_t AttentionOp::getFlops() {
  int64_t sequence = dimension(getQuery(), 1);
  int64_t products = 4 * elements(getQuery()) * sequence;
  int64_t softmax = 5 * dimension(getQuery(), 0) * getHeads() * sequence * sequence;
  return (products + softmax) / (getCausal() ? 2 : 1);
}
int64_t AttentionOp::getForwardLength() { return dimension(getQuery(), 2) / getHeads(); }
int64_t AttentionOp::getInputGradientLength() { return dimension(getQuery(), 1); }
int64_t AttentionOp::getWeightGradientLength() { return dimension(getQuery(), 1); }

int64_t LinearCrossEntropyOp::getFlops() {
  return elements(getTargets()) * dimension(getWeight(), 0) * (2 * dimension(getWeight(), 1) + 12);
}
int64_t LinearCrossEntropyOp::getForwardLength() { return dimension(getWeight(), 1); }
int64_t LinearCrossEntropyOp::getInputGradientLength() { return dimension(getWeight(), 0); }
int64_t LinearCrossEntropyOp::getWeightGradientLength() { return elements(getTargets()); }
