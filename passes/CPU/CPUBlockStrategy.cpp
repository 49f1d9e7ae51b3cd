//===- CPUBlockStrategy.cpp - Sets the blocks of kernel ops on a processor --------------===//
#include "passes/CPU/Passes.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

namespace sluice {
#define GEN_PASS_DEF_CPUBLOCKSTRATEGY
#include "passes/CPU/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

// A row is copied in no time: one a task is enough.
static const int64_t gatheredRows = 1;
// Four lines of the cache of f32: even a narrow table has columns for several threads.
static const int64_t scatteredColumns = 64;
// 64 x 64 scores of f32 take 16 KiB: they stay in a first-level cache of 32 KiB while they pass from one product to the
// other.
static const int64_t attentionRows = 64;
// 8 KiB of f32, which stay in a first-level cache between both times that they are read.
static const int64_t standardizedRows = 32, standardizedColumns = 64;
// As many logits stay in the last level of cache: 2 MiB of f32 ...
static const int64_t logitsInCache = int64_t(1) << 19;
// ... in columns that are whole panels of a contraction.
static const int64_t columnsOfPanels = 64;
// As many logits at most are kept from forward to backward where both are computed in one: 256 MiB of f32 ...
static const int64_t mostLogits = int64_t(1) << 26;
// ... or half of that where operands are rounded: such a step is fast, and expected to be small as well.
static const int64_t mostLogitsOfRounded = mostLogits / 2;
// Multiplications of a product of two matrices above which threads share a product, and below which they share
// matrices.
static const int64_t mostWorkOfThread = int64_t(256) * 256 * 256;

static ArrayRef<int64_t> shapeOf(Value value) { return cast<ShapedType>(value.getType()).getShape(); }

/// The number of rows of an input [..., C].
static int64_t rowsOf(Value input) { return llvm::product_of(shapeOf(input).drop_back()); }

/// Columns of a block of logits.
static int64_t logitColumns(int64_t rows, int64_t vocabulary) {
  int64_t columns = std::max(columnsOfPanels, logitsInCache / rows / columnsOfPanels * columnsOfPanels);
  return std::min(columns, vocabulary);
}

/// Rows of a block of logits, all blocks about equal, and its columns.
static SmallVector<int64_t> logitRowsAndColumns(BlockedCrossEntropyWithGradientOp op) {
  int64_t rows = rowsOf(op.getInputs()[1]), vocabulary = shapeOf(op.getInputs()[2])[0];
  int64_t most = std::max<int64_t>(1, (op.getComputeType() ? mostLogitsOfRounded : mostLogits) / vocabulary);
  int64_t block = llvm::divideCeil(rows, llvm::divideCeil(rows, most));
  return {block, logitColumns(block, vocabulary)};
}

/// Matrices of a task: small ones are shared by threads, of large ones each product.
static int64_t matricesOfTask(BlockedNewtonSchulzOp op) {
  ArrayRef<int64_t> shape = shapeOf(op.getInputs()[0]);
  int64_t parts = op.getParts(), rows = shape[1], columns = shape[2] / parts;
  return rows * columns * std::min(rows, columns) <= mostWorkOfThread ? 1 : shape[0] * parts;
}

/// Empty for an op that this target has no block for.
static SmallVector<int64_t> blockOf(KernelOpInterface kernel) {
  using Block = SmallVector<int64_t>;
  return llvm::TypeSwitch<Operation *, Block>(kernel)
      .Case([](GatherRowsOp) { return Block{gatheredRows}; })
      .Case([](ScatterRowsOp) { return Block{scatteredColumns}; })
      .Case<BlockedAttentionOp, BlockedAttentionBackwardOp>([](auto) { return Block{attentionRows}; })
      .Case([](BlockedCrossEntropyOp op) {
        return Block{logitColumns(rowsOf(op.getInputs()[0]), shapeOf(op.getInputs()[1])[0])};
      })
      .Case([](BlockedCrossEntropyBackwardOp op) {
        return Block{logitColumns(rowsOf(op.getInputs()[1]), shapeOf(op.getInputs()[2])[0])};
      })
      .Case([](BlockedCrossEntropyWithGradientOp op) { return logitRowsAndColumns(op); })
      .Case([](BlockedNewtonSchulzOp op) { return Block{matricesOfTask(op)}; })
      .Case([](BlockedStandardizationLossOp) { return Block{standardizedRows, standardizedColumns}; })
      .Default([](Operation *) { return Block(); });
}

namespace {
struct CPUBlockStrategy : sluice::impl::CPUBlockStrategyBase<CPUBlockStrategy> {
  void runOnOperation() override {
    getOperation().walk([&](KernelOpInterface kernel) {
      SmallVector<int64_t> block = blockOf(kernel);
      if (!block.empty())
        kernel.setBlockAttr(DenseI64ArrayAttr::get(&getContext(), block));
    });
  }
};
} // namespace
