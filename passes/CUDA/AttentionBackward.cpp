//===- AttentionBackward.cpp - The gradients of attention as kernels ------------------===//
//
// The formulas are those of passes/Blocked/DecomposeAttention.cpp. The first kernel has blocks of queries, passes the
// keys by, and has the sums of gradient x result, a row, which the second one needs. That has blocks of keys and passes
// the queries by: its rows are keys. No sum is shared by blocks.
//
//===----------------------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "passes/Build/CacheLines.h"
#include "passes/Build/Formula.h"
#include "passes/Build/LinalgBuilder.h"
#include "passes/Build/Loops.h"
#include "passes/CUDA/AttentionBlock.h"
#include <cmath>

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

namespace {
/// What both kernels share. Rows are queries in the first one and keys in the second; of each there are two, what
/// scores are made of and what their gradients are made of.
class BackwardKernel {
public:
  BackwardKernel(BlockedAttentionBackwardOp op, AttentionBlock &block, Value deltas, bool rowsAreQueries)
      : op(op), block(block), b(block.b), deltas(deltas), rowsAreQueries(rowsAreQueries),
        scale(1 / std::sqrt(double(block.sizes.width))), logsumexp(flatten(b, op.getInputs()[5])) {
    if (op.getInputs().size() > 6)
      mask = readDropoutMask(b, op.getInputs()[6], op.getInputs()[7], op.getInputs()[8], op.getOrdinal(),
                             block.sizes.batch, b.getF32Type());
  }

protected:
  // The numbers of what is multiplied.
  static constexpr size_t ofScores = 0, ofGradients = 1;

  /// Scores and the gradients of what dropout kept of their exponentials, for all columns.
  std::pair<Scores, Scores> scoresAndGradients();
  /// What exponents have in place of the logarithm of a row's sum.
  Value exponentOf(Value logsumexp) { return arith::MulFOp::create(b, logsumexp, block.splat(-block.exponentOfE())); }
  /// exp(scaled score - logsumexp), which is 0 where a query does not see a key.
  Value probability(Value score, Value exponent) {
    return block.power(vector::FMAOp::create(b, score, block.splat(scale * block.exponentOfE()), exponent));
  }
  /// p (gradient - delta), which the outputs are scaled for.
  Value gradientOfScore(Value p, Value gradient, Value delta) {
    return arith::MulFOp::create(b, p, arith::SubFOp::create(b, gradient, delta));
  }
  Value dropped(Value value, int64_t i, int64_t j) {
    return mask ? arith::MulFOp::create(b, value, block.dropoutFactors(*mask, i, j, rowsAreQueries)).getResult()
                : value;
  }
  void storeScaled(Value memref, ValueRange outputs) {
    SmallVector<Value> scaled;
    for (Value vector : outputs)
      scaled.push_back(arith::MulFOp::create(b, vector, block.splat(scale)));
    block.storeOutputs(memref, scaled);
  }
  Formula f() { return {b, b.getF32Type()}; }

  BlockedAttentionBackwardOp op;
  AttentionBlock &block;
  ImplicitLocOpBuilder &b;
  Value deltas; // flat
  bool rowsAreQueries;
  double scale;    // of scores
  Value logsumexp; // flat
  std::optional<DropoutMask> mask;
};

/// The gradients of queries.
class QueryGradients : BackwardKernel {
public:
  QueryGradients(BlockedAttentionBackwardOp op, AttentionBlock &block, Value deltas)
      : BackwardKernel(op, block, deltas, /*rowsAreQueries=*/true) {}
  static HeadOperands operands(BlockedAttentionBackwardOp op, Value gradient) {
    auto in = op.getInputs();
    return {/*rows=*/{in[1], gradient}, /*columns=*/{in[2], in[3]}};
  }
  void emit();

private:
  Value deltaOf(int64_t i);
};

/// The gradients of keys and values.
class KeyGradients : BackwardKernel {
public:
  KeyGradients(BlockedAttentionBackwardOp op, AttentionBlock &block, Value deltas)
      : BackwardKernel(op, block, deltas, /*rowsAreQueries=*/false) {}
  static HeadOperands operands(BlockedAttentionBackwardOp op, Value gradient) {
    auto in = op.getInputs();
    return {/*rows=*/{in[2], in[3]}, /*columns=*/{in[1], gradient}};
  }
  void emit();
};
} // namespace

std::pair<Scores, Scores> BackwardKernel::scoresAndGradients() {
  SmallVector<Scores> products = block.products->scores();
  block.mask(products[ofScores], rowsAreQueries, op.getCausal());
  return {products[ofScores], products[ofGradients]};
}

//===-- Queries -------------------------------------------------------------------===//

/// The sum of gradient x result of a row.
Value QueryGradients::deltaOf(int64_t i) {
  Value sum = f().c(0);
  for (int64_t tile = 0; tile < block.sizes.tiles(); ++tile)
    for (int64_t j = 0; j < block.vectorsOfOutput(); ++j) {
      Value products = arith::MulFOp::create(b, block.loadOutputs(op.getInputs()[0], i, j, tile),
                                             block.loadOutputs(op.getInputs()[4], i, j, tile));
      for (int64_t lane = 0; lane < block.lanes(); ++lane)
        sum = f().add(sum, vector::ExtractOp::create(b, products, lane));
    }
  return block.reduce(sum, [&](Value x, Value y) -> Value { return f().add(x, y); });
}

void QueryGradients::emit() {
  block.products->copyRows();
  SmallVector<Value> ofDelta, exponents;
  Value isFirst = block.isFirstOfRow();
  for (int64_t i = 0; i < block.rowsOfThread(); ++i) {
    Value index = block.statisticsIndex(block.row(i)), delta = deltaOf(i);
    Value isInside =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, block.row(i), constantIndex(b, block.sizes.sequence));
    emitIf(b, arith::AndIOp::create(b, isInside, isFirst), [&] { storeLanes(b, delta, deltas, index); });
    ofDelta.push_back(block.splat(delta));
    exponents.push_back(exponentOf(block.splat(loadLanes(b, logsumexp, index, 1))));
  }
  SmallVector<Value> outputs = block.products->zeroOutputs();
  block.forColumns(constantIndex(b, 0), block.endOfKeys(op.getCausal()), outputs, [&] {
    auto [scores, gradients] = scoresAndGradients();
    for (int64_t i = 0; i < block.rowsOfThread(); ++i)
      for (int64_t j = 0; j < block.vectorsOfRow(); ++j) {
        Value &score = scores[i * block.vectorsOfRow() + j], gradient = gradients[i * block.vectorsOfRow() + j];
        score = gradientOfScore(probability(score, exponents[i]), dropped(gradient, i, j), ofDelta[i]);
      }
    block.products->addOutputs(outputs, scores, ofScores);
  });
  storeScaled(op.getOutputs()[0], outputs);
}

//===-- Keys ----------------------------------------------------------------------===//

void KeyGradients::emit() {
  block.products->copyRows();
  int64_t columns = block.sizes.columns;
  Value first = constantIndex(b, 0), end = constantIndex(b, llvm::divideCeil(block.sizes.sequence, columns));
  if (op.getCausal())
    first = arith::DivUIOp::create(b, block.place.firstRow, constantIndex(b, columns));
  SmallVector<Value> ofValues = block.products->zeroOutputs(), outputs = ofValues;
  llvm::append_range(outputs, block.products->zeroOutputs());
  size_t count = ofValues.size();
  block.forColumns(first, end, outputs, [&] {
    auto [scores, gradients] = scoresAndGradients();
    for (int64_t j = 0; j < block.vectorsOfRow(); ++j) {
      Value exponents = exponentOf(block.statisticsOfColumns(logsumexp, j));
      Value delta = block.statisticsOfColumns(deltas, j);
      for (int64_t i = 0; i < block.rowsOfThread(); ++i) {
        Value &score = scores[i * block.vectorsOfRow() + j], &gradient = gradients[i * block.vectorsOfRow() + j];
        Value p = probability(score, exponents);
        if (mask) {
          Value factors = block.dropoutFactors(*mask, i, j, rowsAreQueries);
          score = arith::MulFOp::create(b, p, factors);
          gradient = arith::MulFOp::create(b, gradient, factors);
        } else {
          score = p;
        }
        gradient = gradientOfScore(p, gradient, delta);
      }
    }
    ofValues.assign(outputs.begin(), outputs.begin() + count);
    SmallVector<Value> ofKeys(ArrayRef(outputs).drop_front(count));
    block.products->addOutputs(ofValues, scores, ofGradients);
    block.products->addOutputs(ofKeys, gradients, ofScores);
    outputs = ofValues;
    llvm::append_range(outputs, ofKeys);
  });
  block.storeOutputs(op.getOutputs()[2], ArrayRef(outputs).take_front(count));
  storeScaled(op.getOutputs()[1], ArrayRef(outputs).drop_front(count));
}

/// A buffer of the function.
static Value allocate(ImplicitLocOpBuilder &b, BlockedAttentionBackwardOp op, MemRefType type) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&op->getParentOfType<FunctionOpInterface>().getFunctionBody().front());
  return memref::AllocOp::create(b, type, b.getI64IntegerAttr(bytesOfCacheLine));
}

/// The gradient as it is multiplied: what would be rounded by every block that passes it by is rounded once.
static Value roundedGradient(ImplicitLocOpBuilder &b, BlockedAttentionBackwardOp op, FloatType factors) {
  Value gradient = op.getInputs()[0];
  auto type = cast<MemRefType>(gradient.getType());
  if (!factors || type.getElementType() == factors)
    return gradient;
  Value rounded = allocate(b, op, MemRefType::get(type.getShape(), factors));
  LinalgBuilder(op.getLoc(), op)
      .elementwise(gradient, rounded, [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
        return {arith::TruncFOp::create(b, factors, v[0])};
      });
  return rounded;
}

void cuda::emitAttentionBackward(BlockedAttentionBackwardOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  auto factors = op.getComputeType().value_or(FloatType());
  AttentionSizes sizes(cast<MemRefType>(op.getInputs()[1].getType()), op.getHeads(), /*isBackward=*/true, factors);
  Value deltas = allocate(b, op, MemRefType::get({sizes.batch * sizes.heads * sizes.sequence}, b.getF32Type()));
  Value gradient = roundedGradient(b, op, factors);
  auto work = op->getAttrOfType<KernelAttr>(kernelAttrName);
  emitAttentionLaunch(b, sizes, work, QueryGradients::operands(op, gradient),
                      [&](AttentionBlock &block) { QueryGradients(op, block, deltas).emit(); });
  emitAttentionLaunch(b, sizes, furtherKernelOf(work), KeyGradients::operands(op, gradient),
                      [&](AttentionBlock &block) { KeyGradients(op, block, deltas).emit(); });
}
