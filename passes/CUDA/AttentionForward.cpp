//===- AttentionForward.cpp - Attention as a kernel -----------------------------------===//
//
// The formulas are those of passes/Blocked/DecomposeAttention.cpp. A block of threads has a block of queries, and
// passes the keys by.
//
//===----------------------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Build/Formula.h"
#include "passes/Build/Loops.h"
#include "passes/CUDA/AttentionBlock.h"
#include <cmath>

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

// Stands for minus infinity: a masked score's exponential is 0, and no difference of two of them is a NaN.
static constexpr double masked = -1e30;

namespace {
/// What passes from one block of keys to the next.
struct Running {
  SmallVector<Value> maximum; // of a row
  SmallVector<Value> sum;     // of what a thread has of a row
  SmallVector<Value> outputs;

  SmallVector<Value> all() const {
    SmallVector<Value> values(maximum);
    llvm::append_range(values, sum);
    llvm::append_range(values, outputs);
    return values;
  }
  void set(ValueRange values) {
    size_t rows = maximum.size();
    maximum.assign(values.begin(), values.begin() + rows);
    sum.assign(values.begin() + rows, values.begin() + 2 * rows);
    outputs.assign(values.begin() + 2 * rows, values.end());
  }
};

class ForwardKernel {
public:
  ForwardKernel(BlockedAttentionOp op, AttentionBlock &block)
      : op(op), block(block), b(block.b), query(block.tile(block.sizes.rows)), key(block.tile(block.sizes.columns)),
        value(block.tile(block.sizes.columns)), scoresTile(block.scoresTile()) {
    if (op.getInputs().size() > 3)
      mask = readDropoutMask(b, op.getInputs()[3], op.getInputs()[4], op.getInputs()[5], op.getOrdinal(),
                             block.sizes.batch, b.getF32Type());
  }

  void emit();

private:
  Value countOfKeyBlocks();
  void addKeys();
  void softmax(Scores &scores);
  void storeResults();
  Formula f() { return {b, b.getF32Type()}; }
  bool isOneTile() const { return block.sizes.tiles() == 1; }
  MutableArrayRef<Value> outputsOfRow(int64_t i) {
    return MutableArrayRef(running.outputs).slice(i * block.vectorsOfOutput(), block.vectorsOfOutput());
  }

  BlockedAttentionOp op;
  AttentionBlock &block;
  ImplicitLocOpBuilder &b;
  HeadTile query, key, value, scoresTile;
  std::optional<DropoutMask> mask;
  Running running;
};
} // namespace

void ForwardKernel::emit() {
  if (isOneTile())
    block.copy(query, op.getInputs()[0], block.firstRow, block.startOfTile(0));
  running.maximum.assign(block.rowsOfThread(), f().c(masked));
  running.sum.assign(block.rowsOfThread(), f().c(0));
  running.outputs = block.zeroOutputs();
  auto loop = scf::ForOp::create(b, constantIndex(b, 0), countOfKeyBlocks(), constantIndex(b, 1), running.all());
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    running.set(loop.getRegionIterArgs());
    block.firstColumn = times(b, loop.getInductionVar(), block.sizes.columns);
    addKeys();
    scf::YieldOp::create(b, running.all());
  }
  running.set(loop.getResults());
  storeResults();
}

/// Blocks that the queries see some of.
Value ForwardKernel::countOfKeyBlocks() {
  int64_t columns = block.sizes.columns;
  Value all = constantIndex(b, llvm::divideCeil(block.sizes.sequence, columns));
  if (!op.getCausal())
    return all;
  Value end = plus(b, block.firstRow, block.sizes.rows + columns - 1);
  return arith::MinUIOp::create(b, arith::DivUIOp::create(b, end, constantIndex(b, columns)), all);
}

void ForwardKernel::addKeys() {
  Value queries = op.getInputs()[0], keys = op.getInputs()[1], values = op.getInputs()[2];
  Scores scores = block.zeroScores();
  for (int64_t tile = 0; tile < block.sizes.tiles(); ++tile) {
    block.barrier();
    if (!isOneTile())
      block.copy(query, queries, block.firstRow, block.startOfTile(tile));
    block.copy(key, keys, block.firstColumn, block.startOfTile(tile));
    commitCopies(b);
    if (tile == 0) {
      block.copy(value, values, block.firstColumn, block.firstOutput);
      commitCopies(b);
    }
    // Values may come later.
    block.finishCopies(/*pending=*/tile == 0 ? 1 : 0);
    block.addScores(scores, query, key);
  }
  softmax(scores);
  block.storeScores(scoresTile, scores);
  block.finishCopies();
  block.addOutputs(running.outputs, scoresTile, value);
}

/// Scores become their exponentials, those that dropout keeps.
void ForwardKernel::softmax(Scores &scores) {
  int64_t vectors = block.vectorsOfRow();
  Value scale = block.splat(1 / std::sqrt(double(block.sizes.width)));
  for (int64_t i = 0; i < block.rowsOfThread(); ++i) {
    auto ofRow = MutableArrayRef(scores).slice(i * vectors, vectors);
    auto forLanes = [&](Value start, function_ref<Value(Value, Value)> combine) {
      for (Value vector : ofRow)
        for (int64_t lane = 0; lane < block.lanes(); ++lane) {
          Value element = vector::ExtractOp::create(b, vector, lane);
          start = start ? combine(start, element) : element;
        }
      return start;
    };
    auto maximumOf = [&](Value x, Value y) -> Value { return arith::MaximumFOp::create(b, x, y); };
    auto sumOf = [&](Value x, Value y) -> Value { return arith::AddFOp::create(b, x, y); };
    for (int64_t j = 0; j < vectors; ++j)
      ofRow[j] = block.whereSeen(arith::MulFOp::create(b, ofRow[j], scale), masked, i, j, /*rowsAreQueries=*/true,
                                 op.getCausal());
    Value maximum = maximumOf(running.maximum[i], block.reduce(forLanes({}, maximumOf), maximumOf));
    Value factor = f().exp(f().sub(running.maximum[i], maximum));
    for (Value &vector : ofRow)
      vector = math::ExpOp::create(b, arith::SubFOp::create(b, vector, block.splat(maximum)));
    running.maximum[i] = maximum;
    running.sum[i] = forLanes(f().mul(running.sum[i], factor), sumOf);
    Value factors = block.splat(factor);
    for (Value &output : outputsOfRow(i))
      output = arith::MulFOp::create(b, output, factors);
    for (int64_t j = 0; mask && j < vectors; ++j)
      ofRow[j] = arith::MulFOp::create(b, ofRow[j], block.dropoutFactors(*mask, i, j, /*rowsAreQueries=*/true));
  }
}

void ForwardKernel::storeResults() {
  Value logsumexp = flatten(b, op.getOutputs()[1]), isFirst = block.isFirstOfRow();
  for (int64_t i = 0; i < block.rowsOfThread(); ++i) {
    Value sum = block.reduce(running.sum[i], [&](Value x, Value y) -> Value { return f().add(x, y); });
    Value factor = block.splat(f().div(f().c(1), sum));
    for (Value &output : outputsOfRow(i))
      output = arith::MulFOp::create(b, output, factor);
    Value isInside =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, block.row(i), constantIndex(b, block.sizes.sequence));
    emitIf(b, arith::AndIOp::create(b, isInside, isFirst), [&] {
      Value result = f().add(running.maximum[i], math::LogOp::create(b, sum));
      storeLanes(b, result, logsumexp, block.statisticsIndex(block.row(i)));
    });
  }
  block.storeOutputs(op.getOutputs()[0], running.outputs);
}

void cuda::emitAttention(BlockedAttentionOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  AttentionSizes sizes(cast<MemRefType>(op.getInputs()[0].getType()), op.getHeads(), /*isBackward=*/false);
  int64_t blocks = llvm::divideCeil(sizes.sequence, sizes.rows);
  emitLaunch(b, {blocks, sizes.batch * sizes.heads, sizes.tiles()}, sizes.threads(),
             op->getAttrOfType<KernelAttr>(kernelAttrName),
             {{AttentionBlock::sharedElements(sizes, 1, 2), b.getF32Type()}}, [&](const KernelBody &body) {
               AttentionBlock block(b, body, sizes, op.getComputeTypeAttr() != nullptr);
               ForwardKernel(op, block).emit();
             });
}
