//===- DecomposeCrossEntropy.cpp - The output head over blocks of the vocabulary --------===//
//
// Forward keeps a running maximum and sum of each row's exponentials and picks the target's logit as its block passes.
// Backward turns a block of logits into its gradient, (softmax - one-hot) x gradient / number of targets, which feeds
// both products. By itself it computes the logits a second time; together with forward it finds those of a block of
// rows in memory.
//
//===----------------------------------------------------------------------------------===//
#include "passes/Blocked/DecomposeCrossEntropy.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "passes/Blocked/Blocks.h"
#include "passes/Build/BFloat16.h"
#include "passes/Build/CacheLines.h"
#include "passes/Build/Formula.h"

using namespace mlir;
using namespace sluice;

namespace {
/// The head for some rows: input [rows, width], targets [rows].
struct Head {
  /// `columns` is how many logits of a row are computed at a time.
  Head(BlockBuilder &b, Value input, Value weight, Value targets, Type element, TypeAttr computeType, int64_t columns)
      : b(b), input(input), weight(weight), targets(targets), columns(columns), element(element),
        computeType(computeType) {
    rows = cast<MemRefType>(input.getType()).getDimSize(0);
    auto type = cast<MemRefType>(weight.getType());
    vocabulary = type.getDimSize(0);
    width = type.getDimSize(1);
  }

  /// Calls `body` for each block of the vocabulary, and where it begins.
  void blocks(function_ref<void(Part, Value)> body) {
    b.blocks(vocabulary, columns, [&](Part part) { body(part, b.valueOf(part.offset)); });
  }
  Value rowsOf(Value matrix, Part part) { return b.subview(matrix, {part, {b.getIndexAttr(0), width}}); }
  void computeLogits(Part part, Value logits) {
    b.fill(logits, 0);
    b.contract("nc,vc->nv", input, rowsOf(weight, part), logits, computeType);
  }
  Value perRow() { return b.temporary({rows}, element); }

  Value count();
  Value gradientsOf(Part part, Value logits);
  void emitGradients(Value offset, Value logits, Value logsumexp, Value gradient, Value count, Value gradients);
  void emitProducts(Part part, Value gradients, Value dinput, Value dweight, bool accumulate);
  void emitLoss(Value logsumexp, Value picked, Value count, Value loss);

  BlockBuilder &b;
  Value input, weight, targets;
  int64_t rows, vocabulary, width, columns;
  Type element;
  TypeAttr computeType;
};

/// What is known of each row after some blocks of the vocabulary.
struct RunningSums {
  explicit RunningSums(Head &h, Value picked)
      : h(h), b(h.b), maximum(h.perRow()), newMaximum(h.perRow()), sum(h.perRow()), picked(picked) {
    b.fill(maximum, -1e30);
    b.fill(sum, 0);
    b.fill(picked, 0);
  }
  void add(Value logits, Value offset);
  void store(Value logsumexp);

  Head &h;
  BlockBuilder &b;
  Value maximum, newMaximum, sum, picked;
};
} // namespace

/// Inside a body over (row, column of the block): whether the column is the row's target.
static Value isTarget(ImplicitLocOpBuilder &b, Value target, Value offset) {
  Value column = arith::AddIOp::create(b, linalg::IndexOp::create(b, 1), offset);
  Value word = arith::IndexCastOp::create(b, b.getI32Type(), column);
  return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, word, target);
}

/// max(1, number of targets that are not -1), a memref of rank 0.
Value Head::count() {
  Value count = b.temporary({}, element);
  b.fill(count, 0);
  b.reduceLeading(targets, count, countTarget);
  b.elementwise({}, count, [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
    return {arith::MaximumFOp::create(b, v[0], arith::ConstantOp::create(b, b.getFloatAttr(element, 1)))};
  });
  return count;
}

void RunningSums::add(Value logits, Value offset) {
  b.reduceLast({logits, h.targets}, picked,
               [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                 Formula f{b, h.element};
                 return {f.add(v[2], arith::SelectOp::create(b, isTarget(b, v[1], offset), v[0], f.c(0)))};
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
}

void RunningSums::store(Value logsumexp) {
  b.elementwise({maximum, sum}, logsumexp, [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
    return {arith::AddFOp::create(b, v[0], math::LogOp::create(b, v[1]))};
  });
}

void Head::emitLoss(Value logsumexp, Value picked, Value count, Value loss) {
  b.fill(loss, 0);
  b.reduceLeading({logsumexp, picked, targets}, loss, [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
    Formula f{b, element};
    return {f.add(v[3], f.ifCounted(v[2], f.sub(v[0], v[1])))};
  });
  b.elementwise(count, loss, [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
    return {arith::DivFOp::create(b, v[1], v[0])};
  });
}

/// Where the gradients of some logits go: into the place of these, or where products round them to 16 bits, as that
/// into a place of their own.
Value Head::gradientsOf(Part part, Value logits) {
  Type type = computeType ? computeType.getValue() : element;
  if (type == element || type.getIntOrFloatBitWidth() != 16)
    return logits;
  Value all = b.temporary({rows, inOddLines(part.size, type)}, type);
  return b.subview(all, {{b.getIndexAttr(0), rows}, {b.getIndexAttr(0), part.size}});
}

/// The gradients of logits, maybe in the place of these; where there is no target the row has none.
void Head::emitGradients(Value offset, Value logits, Value logsumexp, Value gradient, Value count, Value gradients) {
  // The last operand are the logits, which are the output where the gradients take their place.
  SmallVector<Value> inputs = {logsumexp, targets, gradient, count};
  if (gradients != logits)
    inputs.push_back(logits);
  b.elementwise(inputs, gradients,
                [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                  Formula f{b, element};
                  Value probability = math::ExpOp::create(b, f.sub(v[4], v[0]));
                  Value one = arith::SelectOp::create(b, isTarget(b, v[1], offset), f.c(1), f.c(0));
                  Value scaled = f.mul(f.sub(probability, one), f.div(v[2], v[3]));
                  return convertOf(b, {f.ifCounted(v[1], scaled), v.back()});
                },
                /*trailing=*/{0, 1});
}

void Head::emitProducts(Part part, Value gradients, Value dinput, Value dweight, bool accumulate) {
  b.contract("nv,vc->nc", gradients, rowsOf(weight, part), dinput, computeType);
  Value rows = rowsOf(dweight, part);
  if (!accumulate)
    b.fill(rows, 0);
  b.contract("nv,nc->vc", gradients, input, rows, computeType);
}

void sluice::decomposeCrossEntropy(BlockedCrossEntropyOp op) {
  BlockBuilder b(op.getLoc(), op);
  Value loss = op.getOutputs()[0], logsumexp = b.collapse(op.getOutputs()[1], /*all=*/true);
  Head h(b, b.collapse(op.getInputs()[0]), op.getInputs()[1], b.collapse(op.getInputs()[2], /*all=*/true),
         getElementTypeOrSelf(loss), op.getComputeTypeAttr(), op.getBlock()->front());
  RunningSums sums(h, h.perRow());
  h.blocks([&](Part part, Value offset) {
    Value logits = b.temporary({h.rows, part.size}, h.element);
    h.computeLogits(part, logits);
    sums.add(logits, offset);
  });
  sums.store(logsumexp);
  h.emitLoss(logsumexp, sums.picked, h.count(), loss);
}

void sluice::decomposeCrossEntropyBackward(BlockedCrossEntropyBackwardOp op) {
  BlockBuilder b(op.getLoc(), op);
  auto inputs = op.getInputs();
  Head h(b, b.collapse(inputs[1]), inputs[2], b.collapse(inputs[3], /*all=*/true), getElementTypeOrSelf(inputs[0]),
         op.getComputeTypeAttr(), op.getBlock()->front());
  Value gradient = inputs[0], logsumexp = b.collapse(inputs[4], /*all=*/true);
  Value dinput = b.collapse(op.getOutputs()[0]), dweight = op.getOutputs()[1];
  Value count = h.count();
  b.fill(dinput, 0);
  h.blocks([&](Part part, Value offset) {
    Value logits = b.temporary({h.rows, part.size}, h.element);
    h.computeLogits(part, logits);
    Value gradients = h.gradientsOf(part, logits);
    h.emitGradients(offset, logits, logsumexp, gradient, count, gradients);
    h.emitProducts(part, gradients, dinput, dweight, op.getAccumulate());
  });
}

void sluice::decomposeCrossEntropyWithGradient(BlockedCrossEntropyWithGradientOp op) {
  BlockBuilder b(op.getLoc(), op);
  auto inputs = op.getInputs(), outputs = op.getOutputs();
  Value gradient = inputs[0], loss = outputs[0], dinput = b.collapse(outputs[1]), dweight = outputs[2];
  int64_t rows = (*op.getBlock())[0], columns = (*op.getBlock())[1];
  Head whole(b, b.collapse(inputs[1]), inputs[2], b.collapse(inputs[3], /*all=*/true), getElementTypeOrSelf(loss),
             op.getComputeTypeAttr(), columns);
  Value logsumexp = whole.perRow(), picked = whole.perRow(), count = whole.count();
  // Several blocks of rows add to the gradient of the weight.
  bool accumulate = op.getAccumulate() || rows < whole.rows;
  if (accumulate && !op.getAccumulate())
    b.fill(dweight, 0);
  b.fill(dinput, 0);
  b.blocks(whole.rows, rows, [&](Part block) {
    auto vector = [&](Value values) { return b.subview(values, {block}); };
    Head h(b, whole.rowsOf(whole.input, block), whole.weight, vector(whole.targets), whole.element, whole.computeType,
           columns);
    BlockBuffers logits(
        b, h.vocabulary, columns, h.element,
        [rows = h.rows](int64_t size) { return std::array<int64_t, 2>{rows, size}; }, /*oddLines=*/true);
    RunningSums sums(h, vector(picked));
    h.blocks([&](Part part, Value offset) {
      Value ofPart = logits.at(part);
      h.computeLogits(part, ofPart);
      sums.add(ofPart, offset);
    });
    sums.store(vector(logsumexp));
    h.blocks([&](Part part, Value offset) {
      Value ofPart = logits.at(part), gradients = h.gradientsOf(part, ofPart);
      h.emitGradients(offset, ofPart, vector(logsumexp), gradient, count, gradients);
      h.emitProducts(part, gradients, whole.rowsOf(dinput, block), dweight, accumulate);
    });
  });
  whole.emitLoss(logsumexp, picked, count, loss);
}
