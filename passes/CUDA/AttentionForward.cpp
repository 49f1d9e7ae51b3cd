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
      : op(op), block(block), b(block.b), scale(1 / std::sqrt(double(block.sizes.width))) {
    if (op.getInputs().size() > 3)
      mask = readDropoutMask(b, op.getInputs()[3], op.getInputs()[4], op.getInputs()[5], op.getOrdinal(),
                             block.sizes.batch, b.getF32Type());
  }

  void emit();

private:
  void softmax(Scores &scores);
  void softmaxOfRow(int64_t i, MutableArrayRef<Value> scores);
  void storeResults();
  Formula f() { return {b, b.getF32Type()}; }
  MutableArrayRef<Value> outputsOfRow(int64_t i) {
    return MutableArrayRef(running.outputs).slice(i * block.vectorsOfOutput(), block.vectorsOfOutput());
  }

  BlockedAttentionOp op;
  AttentionBlock &block;
  ImplicitLocOpBuilder &b;
  double scale; // of scores
  std::optional<DropoutMask> mask;
  Running running;
};
} // namespace

// The numbers of what is multiplied, in its order.
static constexpr size_t values = 1;

void ForwardKernel::emit() {
  block.products->copyRows();
  running.maximum.assign(block.rowsOfThread(), f().c(AttentionBlock::masked));
  running.sum.assign(block.rowsOfThread(), f().c(0));
  running.outputs = block.products->zeroOutputs();
  SmallVector<Value> carried = running.all();
  block.forColumns(constantIndex(b, 0), block.endOfKeys(op.getCausal()), carried, [&] {
    running.set(carried);
    Scores scores = block.products->scores().front();
    softmax(scores);
    block.products->addOutputs(running.outputs, scores, values);
    carried = running.all();
  });
  running.set(carried);
  storeResults();
}

/// Scores become their exponentials, those that dropout keeps.
void ForwardKernel::softmax(Scores &scores) {
  block.mask(scores, /*rowsAreQueries=*/true, op.getCausal());
  int64_t vectors = block.vectorsOfRow();
  for (int64_t i = 0; i < block.rowsOfThread(); ++i)
    softmaxOfRow(i, MutableArrayRef(scores).slice(i * vectors, vectors));
}

void ForwardKernel::softmaxOfRow(int64_t i, MutableArrayRef<Value> scores) {
  auto forLanes = [&](Value start, function_ref<Value(Value, Value)> combine) {
    for (Value vector : scores)
      for (int64_t lane = 0; lane < block.lanes(); ++lane) {
        Value element = vector::ExtractOp::create(b, vector, lane);
        start = start ? combine(start, element) : element;
      }
    return start;
  };
  auto maximumOf = [&](Value x, Value y) -> Value { return arith::MaximumFOp::create(b, x, y); };
  auto sumOf = [&](Value x, Value y) -> Value { return arith::AddFOp::create(b, x, y); };
  Value maximum = maximumOf(running.maximum[i], block.reduce(forLanes({}, maximumOf), maximumOf));
  // Scores are scaled as their exponents are computed.
  double toExponent = scale * block.exponentOfE();
  Value least = f().mul(maximum, f().c(-toExponent));
  Value factor = block.power(math::FmaOp::create(b, running.maximum[i], f().c(toExponent), least));
  for (Value &vector : scores)
    vector = block.power(vector::FMAOp::create(b, vector, block.splat(toExponent), block.splat(least)));
  running.maximum[i] = maximum;
  running.sum[i] = forLanes(f().mul(running.sum[i], factor), sumOf);
  Value factors = block.splat(factor);
  for (Value &output : outputsOfRow(i))
    output = arith::MulFOp::create(b, output, factors);
  for (auto [j, vector] : llvm::enumerate(scores))
    if (mask)
      vector = arith::MulFOp::create(b, vector, block.dropoutFactors(*mask, i, j, /*rowsAreQueries=*/true));
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
      Value result = f().add(f().mul(running.maximum[i], f().c(scale)), math::LogOp::create(b, sum));
      storeLanes(b, result, logsumexp, block.statisticsIndex(block.row(i)));
    });
  }
  block.storeOutputs(op.getOutputs()[0], running.outputs);
}

void cuda::emitAttention(BlockedAttentionOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  auto in = op.getInputs();
  AttentionSizes sizes(cast<MemRefType>(in[0].getType()), op.getHeads(), /*isBackward=*/false,
                       op.getComputeType().value_or(FloatType()));
  emitAttentionLaunch(b, sizes, op->getAttrOfType<KernelAttr>(kernelAttrName),
                      {/*rows=*/{in[0]}, /*columns=*/{in[1], in[2]}},
                      [&](AttentionBlock &block) { ForwardKernel(op, block).emit(); });
}
