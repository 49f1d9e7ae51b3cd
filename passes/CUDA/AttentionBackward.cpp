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
#include "passes/Build/Loops.h"
#include "passes/CUDA/AttentionBlock.h"
#include <cmath>

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

namespace {
/// What both kernels share. Rows are queries in the first one and keys in the second; of each there are two tiles, of
/// what scores are made of and of what their gradients are made of.
class BackwardKernel {
public:
  BackwardKernel(BlockedAttentionBackwardOp op, AttentionBlock &block, Value deltas)
      : op(op), block(block), b(block.b), deltas(deltas), rowsOfScores(block.tile(block.sizes.rows)),
        rowsOfGradients(block.tile(block.sizes.rows)), columnsOfScores(block.tile(block.sizes.columns)),
        columnsOfGradients(block.tile(block.sizes.columns)), scoresTile(block.scoresTile()),
        logsumexp(flatten(b, op.getInputs()[5])) {
    if (op.getInputs().size() > 6)
      mask = readDropoutMask(b, op.getInputs()[6], op.getInputs()[7], op.getInputs()[8], op.getOrdinal(),
                             block.sizes.batch, b.getF32Type());
  }

protected:
  /// Where what is multiplied lies: of a tile, the memory that it is a copy of.
  struct Sources {
    Value rowsOfScores, rowsOfGradients, columnsOfScores, columnsOfGradients;
  };
  /// Loops over blocks of columns; `outputs` are carried, `body` changes them.
  void forColumns(Value first, Value end, SmallVector<Value> &outputs, function_ref<void()> body);
  /// Scores and the gradients of what dropout kept of their exponentials.
  std::pair<Scores, Scores> scoresAndGradients(const Sources &sources);
  void copyRows(const Sources &sources, int64_t tile);
  /// Copies the block's tile of the width of the columns again, if another one may be there.
  void ensureColumns(const HeadTile &tile, Value memref);
  Value scaled(Value vector) {
    return arith::MulFOp::create(b, vector, block.splat(1 / std::sqrt(double(block.sizes.width))));
  }
  /// exp(scaled score - logsumexp), which is 0 where a query does not see a key.
  Value probability(Value score, Value logsumexp, int64_t i, int64_t j, bool rowsAreQueries) {
    Value p = math::ExpOp::create(b, arith::SubFOp::create(b, scaled(score), logsumexp));
    return block.whereSeen(p, 0, i, j, rowsAreQueries, op.getCausal());
  }
  /// p (gradient - delta), scaled.
  Value gradientOfScore(Value p, Value gradient, Value delta) {
    return scaled(arith::MulFOp::create(b, p, arith::SubFOp::create(b, gradient, delta)));
  }
  Formula f() { return {b, b.getF32Type()}; }
  bool isOneTile() const { return block.sizes.tiles() == 1; }

  BlockedAttentionBackwardOp op;
  AttentionBlock &block;
  ImplicitLocOpBuilder &b;
  Value deltas; // flat
  HeadTile rowsOfScores, rowsOfGradients, columnsOfScores, columnsOfGradients, scoresTile;
  Value logsumexp; // flat
  std::optional<DropoutMask> mask;
};

/// The gradients of queries.
class QueryGradients : BackwardKernel {
public:
  using BackwardKernel::BackwardKernel;
  void emit();

private:
  Value deltaOf(int64_t i);
};

/// The gradients of keys and values.
class KeyGradients : BackwardKernel {
public:
  using BackwardKernel::BackwardKernel;
  void emit();

private:
  /// Of the queries of a vector of columns.
  Value statistics(Value flat, int64_t j);
};
} // namespace

//===-- Both ----------------------------------------------------------------------===//

void BackwardKernel::forColumns(Value first, Value end, SmallVector<Value> &outputs, function_ref<void()> body) {
  auto loop = scf::ForOp::create(b, first, end, constantIndex(b, 1), outputs);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    outputs.assign(loop.getRegionIterArgs().begin(), loop.getRegionIterArgs().end());
    block.firstColumn = times(b, loop.getInductionVar(), block.sizes.columns);
    body();
    scf::YieldOp::create(b, outputs);
  }
  outputs.assign(loop.getResults().begin(), loop.getResults().end());
}

void BackwardKernel::copyRows(const Sources &sources, int64_t tile) {
  block.copy(rowsOfScores, sources.rowsOfScores, block.firstRow, block.startOfTile(tile));
  block.copy(rowsOfGradients, sources.rowsOfGradients, block.firstRow, block.startOfTile(tile));
}

std::pair<Scores, Scores> BackwardKernel::scoresAndGradients(const Sources &sources) {
  Scores scores = block.zeroScores(), gradients = block.zeroScores();
  for (int64_t tile = 0; tile < block.sizes.tiles(); ++tile) {
    block.barrier();
    if (!isOneTile())
      copyRows(sources, tile);
    block.copy(columnsOfScores, sources.columnsOfScores, block.firstColumn, block.startOfTile(tile));
    block.copy(columnsOfGradients, sources.columnsOfGradients, block.firstColumn, block.startOfTile(tile));
    commitCopies(b);
    block.finishCopies();
    block.addScores(scores, rowsOfScores, columnsOfScores);
    block.addScores(gradients, rowsOfGradients, columnsOfGradients);
  }
  return {scores, gradients};
}

void BackwardKernel::ensureColumns(const HeadTile &tile, Value memref) {
  if (isOneTile())
    return;
  block.barrier();
  block.copy(tile, memref, block.firstColumn, block.firstOutput);
  commitCopies(b);
  block.finishCopies();
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
  auto in = op.getInputs();
  Sources sources{/*rowsOfScores=*/in[1], /*rowsOfGradients=*/in[0], /*columnsOfScores=*/in[2],
                  /*columnsOfGradients=*/in[3]};
  if (isOneTile())
    copyRows(sources, 0);
  SmallVector<Value> ofDelta, ofLogsumexp;
  Value isFirst = block.isFirstOfRow();
  for (int64_t i = 0; i < block.rowsOfThread(); ++i) {
    Value index = block.statisticsIndex(block.row(i)), delta = deltaOf(i);
    Value isInside =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, block.row(i), constantIndex(b, block.sizes.sequence));
    emitIf(b, arith::AndIOp::create(b, isInside, isFirst), [&] { storeLanes(b, delta, deltas, index); });
    ofDelta.push_back(block.splat(delta));
    ofLogsumexp.push_back(block.splat(loadLanes(b, logsumexp, index, 1)));
  }
  int64_t columns = block.sizes.columns;
  Value end = constantIndex(b, llvm::divideCeil(block.sizes.sequence, columns));
  if (op.getCausal()) {
    Value behind = plus(b, block.firstRow, block.sizes.rows + columns - 1);
    end = arith::MinUIOp::create(b, arith::DivUIOp::create(b, behind, constantIndex(b, columns)), end);
  }
  SmallVector<Value> outputs = block.zeroOutputs();
  forColumns(constantIndex(b, 0), end, outputs, [&] {
    auto [scores, gradients] = scoresAndGradients(sources);
    for (int64_t i = 0; i < block.rowsOfThread(); ++i)
      for (int64_t j = 0; j < block.vectorsOfRow(); ++j) {
        Value &score = scores[i * block.vectorsOfRow() + j], gradient = gradients[i * block.vectorsOfRow() + j];
        Value p = probability(score, ofLogsumexp[i], i, j, /*rowsAreQueries=*/true);
        if (mask)
          gradient = arith::MulFOp::create(b, gradient, block.dropoutFactors(*mask, i, j, /*rowsAreQueries=*/true));
        score = gradientOfScore(p, gradient, ofDelta[i]);
      }
    block.storeScores(scoresTile, scores);
    ensureColumns(columnsOfScores, sources.columnsOfScores);
    block.addOutputs(outputs, scoresTile, columnsOfScores);
  });
  block.storeOutputs(op.getOutputs()[0], outputs);
}

//===-- Keys ----------------------------------------------------------------------===//

Value KeyGradients::statistics(Value flat, int64_t j) {
  SmallVector<Value> elements;
  for (int64_t lane = 0; lane < block.lanes(); ++lane)
    elements.push_back(loadLanes(b, flat, block.statisticsIndex(plus(b, block.column(j), lane)), 1));
  return vector::FromElementsOp::create(b, VectorType::get(block.lanes(), b.getF32Type()), elements);
}

void KeyGradients::emit() {
  auto in = op.getInputs();
  Sources sources{/*rowsOfScores=*/in[2], /*rowsOfGradients=*/in[3], /*columnsOfScores=*/in[1],
                  /*columnsOfGradients=*/in[0]};
  if (isOneTile())
    copyRows(sources, 0);
  int64_t columns = block.sizes.columns;
  Value first = constantIndex(b, 0), end = constantIndex(b, llvm::divideCeil(block.sizes.sequence, columns));
  if (op.getCausal())
    first = arith::DivUIOp::create(b, block.firstRow, constantIndex(b, columns));
  SmallVector<Value> ofValues = block.zeroOutputs(), outputs = ofValues;
  llvm::append_range(outputs, block.zeroOutputs());
  size_t count = ofValues.size();
  forColumns(first, end, outputs, [&] {
    auto [scores, gradients] = scoresAndGradients(sources);
    for (int64_t j = 0; j < block.vectorsOfRow(); ++j) {
      Value ofLogsumexp = statistics(logsumexp, j), delta = statistics(deltas, j);
      for (int64_t i = 0; i < block.rowsOfThread(); ++i) {
        Value &score = scores[i * block.vectorsOfRow() + j], &gradient = gradients[i * block.vectorsOfRow() + j];
        Value p = probability(score, ofLogsumexp, i, j, /*rowsAreQueries=*/false), kept = p;
        if (mask) {
          Value factors = block.dropoutFactors(*mask, i, j, /*rowsAreQueries=*/false);
          kept = arith::MulFOp::create(b, p, factors);
          gradient = arith::MulFOp::create(b, gradient, factors);
        }
        score = kept;
        gradient = gradientOfScore(p, gradient, delta);
      }
    }
    ofValues.assign(outputs.begin(), outputs.begin() + count);
    SmallVector<Value> ofKeys(ArrayRef(outputs).drop_front(count));
    block.storeScores(scoresTile, scores);
    ensureColumns(columnsOfGradients, sources.columnsOfGradients);
    block.addOutputs(ofValues, scoresTile, columnsOfGradients);
    block.storeScores(scoresTile, gradients);
    ensureColumns(columnsOfScores, sources.columnsOfScores);
    block.addOutputs(ofKeys, scoresTile, columnsOfScores);
    outputs = ofValues;
    llvm::append_range(outputs, ofKeys);
  });
  block.storeOutputs(op.getOutputs()[2], ArrayRef(outputs).take_front(count));
  block.storeOutputs(op.getOutputs()[1], ArrayRef(outputs).drop_front(count));
}

void cuda::emitAttentionBackward(BlockedAttentionBackwardOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  AttentionSizes sizes(cast<MemRefType>(op.getInputs()[1].getType()), op.getHeads(), /*isBackward=*/true);
  Value deltas;
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&op->getParentOfType<FunctionOpInterface>().getFunctionBody().front());
    auto type = MemRefType::get({sizes.batch * sizes.heads * sizes.sequence}, b.getF32Type());
    deltas = memref::AllocOp::create(b, type, b.getI64IntegerAttr(bytesOfCacheLine));
  }
  int64_t blocks = llvm::divideCeil(sizes.sequence, sizes.rows);
  auto launch = [&](KernelAttr kernel, function_ref<void(AttentionBlock &)> emit) {
    emitLaunch(b, {blocks, sizes.batch * sizes.heads, sizes.tiles()}, sizes.threads(), kernel,
               {{AttentionBlock::sharedElements(sizes, 2, 2), b.getF32Type()}}, [&](const KernelBody &body) {
                 AttentionBlock block(b, body, sizes, op.getComputeTypeAttr() != nullptr);
                 emit(block);
               });
  };
  launch(op->getAttrOfType<KernelAttr>(kernelAttrName),
         [&](AttentionBlock &block) { QueryGradients(op, block, deltas).emit(); });
  launch({}, [&](AttentionBlock &block) { KeyGradients(op, block, deltas).emit(); });
}
