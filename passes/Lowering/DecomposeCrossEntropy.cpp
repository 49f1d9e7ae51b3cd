//===- DecomposeCrossEntropy.cpp - The output head over blocks of the vocabulary --------===//
//
// Forward keeps a running maximum and sum of each row's exponentials and picks the target's logit as its block passes.
// Backward recomputes a block of logits and turns it into its gradient, (softmax - one-hot) x gradient / number of
// targets, which feeds both products.
//
//===----------------------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "passes/Formula.h"
#include "passes/Lowering/Blocks.h"

using namespace mlir;
using namespace sluice;

/// Columns of a block of logits: about half a million of them stay in the last level of cache.
static int64_t vocabularyBlock(int64_t rows, int64_t vocabulary) {
  int64_t columns = std::max<int64_t>(64, (int64_t(1) << 19) / rows / 64 * 64);
  return std::min(columns, vocabulary);
}

namespace {
struct Head {
  Head(BlockBuilder &b, Value input, Value weight, Value targets)
      : b(b), input(b.collapse(input)), weight(weight), targets(b.collapse(targets, /*all=*/true)) {
    rows = cast<MemRefType>(this->input.getType()).getDimSize(0);
    auto type = cast<MemRefType>(weight.getType());
    vocabulary = type.getDimSize(0);
    width = type.getDimSize(1);
    element = type.getElementType();
    columns = vocabularyBlock(rows, vocabulary);
  }

  Value weightRows(Part part) { return b.subview(weight, {part, {b.getIndexAttr(0), width}}); }
  Value logits(Part part) {
    Value logits = b.temporary({rows, part.size}, element);
    b.fill(logits, 0);
    b.contract("nc,vc->nv", input, weightRows(part), logits);
    return logits;
  }
  /// Inside a body over (row, column of the block): whether the column is the row's target.
  static Value isTarget(ImplicitLocOpBuilder &b, Value target, Value offset) {
    Value column = arith::AddIOp::create(b, linalg::IndexOp::create(b, 1), offset);
    Value word = arith::IndexCastOp::create(b, b.getI32Type(), column);
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, word, target);
  }
  /// max(1, number of targets that are not -1), a memref of rank 0.
  Value count() {
    Value count = b.temporary({}, element);
    b.fill(count, 0);
    b.reduceLeading(targets, count, countTarget);
    b.elementwise({}, count, [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
      return {arith::MaximumFOp::create(b, v[0], arith::ConstantOp::create(b, b.getFloatAttr(element, 1)))};
    });
    return count;
  }

  BlockBuilder &b;
  Value input, weight, targets;
  int64_t rows, vocabulary, width, columns;
  Type element;
};
} // namespace

void sluice::decomposeCrossEntropy(BlockedCrossEntropyOp op) {
  BlockBuilder b(op.getLoc(), op);
  Head h(b, op.getInputs()[0], op.getInputs()[1], op.getInputs()[2]);
  Value loss = op.getOutputs()[0], logsumexp = b.collapse(op.getOutputs()[1], /*all=*/true);
  Value maximum = b.temporary({h.rows}, h.element), newMaximum = b.temporary({h.rows}, h.element);
  Value sum = b.temporary({h.rows}, h.element), picked = b.temporary({h.rows}, h.element);
  b.fill(maximum, -1e30);
  b.fill(sum, 0);
  b.fill(picked, 0);
  b.blocks(h.vocabulary, h.columns, [&](Part part) {
    Value logits = h.logits(part);
    Value offset = getValueOrCreateConstantIndexOp(b, b.getLoc(), part.offset);
    b.reduceLast({logits, h.targets}, picked,
                 [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                   Formula f{b, h.element};
                   return {f.add(v[2], arith::SelectOp::create(b, Head::isTarget(b, v[1], offset), v[0], f.c(0)))};
                 },
                 /*trailing=*/{1});
    b.elementwise(maximum, newMaximum, copyOf);
    b.reduceLast(logits, newMaximum, maximumWith);
    b.elementwise({maximum, newMaximum}, sum, [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
      Formula f{b, h.element};
      return {f.mul(v[2], math::ExpOp::create(b, f.sub(v[0], v[1])))};
    });
    b.reduceLast({logits, newMaximum}, sum,
                 [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                   Formula f{b, h.element};
                   return {f.add(v[2], math::ExpOp::create(b, f.sub(v[0], v[1])))};
                 },
                 /*trailing=*/{1});
    b.elementwise(newMaximum, maximum, copyOf);
  });
  b.elementwise({maximum, sum}, logsumexp, [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
    return {arith::AddFOp::create(b, v[0], math::LogOp::create(b, v[1]))};
  });
  Value count = h.count();
  b.fill(loss, 0);
  b.reduceLeading({logsumexp, picked, h.targets}, loss,
                  [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                    Formula f{b, h.element};
                    return {f.add(v[3], f.ifCounted(v[2], f.sub(v[0], v[1])))};
                  });
  b.elementwise(count, loss, [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
    return {arith::DivFOp::create(b, v[1], v[0])};
  });
}

void sluice::decomposeCrossEntropyBackward(BlockedCrossEntropyBackwardOp op) {
  BlockBuilder b(op.getLoc(), op);
  auto inputs = op.getInputs();
  Head h(b, inputs[1], inputs[2], inputs[3]);
  Value gradient = inputs[0], logsumexp = b.collapse(inputs[4], /*all=*/true);
  Value dinput = b.collapse(op.getOutputs()[0]), dweight = op.getOutputs()[1];
  Value count = h.count();
  b.fill(dinput, 0);
  b.blocks(h.vocabulary, h.columns, [&](Part part) {
    Value logits = h.logits(part);
    Value offset = getValueOrCreateConstantIndexOp(b, b.getLoc(), part.offset);
    // Where there is no target the row has no gradient.
    b.elementwise({logsumexp, h.targets, gradient, count}, logits,
                  [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                    Formula f{b, h.element};
                    Value probability = math::ExpOp::create(b, f.sub(v[4], v[0]));
                    Value one = arith::SelectOp::create(b, Head::isTarget(b, v[1], offset), f.c(1), f.c(0));
                    Value scaled = f.mul(f.sub(probability, one), f.div(v[2], v[3]));
                    return {f.ifCounted(v[1], scaled)};
                  },
                  /*trailing=*/{0, 1});
    b.contract("nv,vc->nc", logits, h.weightRows(part), dinput);
    Value rows = b.subview(dweight, {part, {b.getIndexAttr(0), h.width}});
    if (!op.getAccumulate())
      b.fill(rows, 0);
    b.contract("nv,nc->vc", logits, h.input, rows);
  });
}
