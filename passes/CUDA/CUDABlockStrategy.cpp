//===- CUDABlockStrategy.cpp - Sets the blocks of kernel ops on a GPU -------------------===//
#include "passes/CUDA/Passes.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

namespace sluice {
#define GEN_PASS_DEF_CUDABLOCKSTRATEGY
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

// As many logits at most are in memory at a time: 1 GiB of f32. Fewer would be more launches of smaller products.
static const int64_t mostLogits = int64_t(1) << 28;

static const int64_t rowsOfTile = 64;

static ArrayRef<int64_t> shapeOf(Value value) { return cast<ShapedType>(value.getType()).getShape(); }

static int64_t rowsOf(Value input) { return llvm::product_of(shapeOf(input).drop_back()); }

/// Whole rows of logits, all blocks about equal and whole tiles of a product.
static SmallVector<int64_t> logitRowsAndColumns(BlockedCrossEntropyWithGradientOp op) {
  int64_t rows = rowsOf(op.getInputs()[1]), vocabulary = shapeOf(op.getInputs()[2])[0];
  int64_t most = std::max<int64_t>(1, mostLogits / vocabulary);
  int64_t block = llvm::divideCeil(rows, llvm::divideCeil(rows, most));
  return {std::min<int64_t>(llvm::alignTo(block, rowsOfTile), rows), vocabulary};
}

/// Columns of the logits of all rows.
static SmallVector<int64_t> logitColumns(Value input, Value weight) {
  constexpr int64_t columnsOfTile = 128;
  int64_t vocabulary = shapeOf(weight)[0];
  int64_t most = std::max(columnsOfTile, mostLogits / rowsOf(input) / columnsOfTile * columnsOfTile);
  return {std::min(most, vocabulary)};
}

/// Empty for an op that this target has no block for.
static SmallVector<int64_t> blockOf(KernelOpInterface kernel) {
  using Block = SmallVector<int64_t>;
  return llvm::TypeSwitch<Operation *, Block>(kernel)
      .Case([](BlockedCrossEntropyOp op) { return logitColumns(op.getInputs()[0], op.getInputs()[1]); })
      .Case([](BlockedCrossEntropyBackwardOp op) { return logitColumns(op.getInputs()[1], op.getInputs()[2]); })
      .Case([](BlockedCrossEntropyWithGradientOp op) { return logitRowsAndColumns(op); })
      .Case([](BlockedNewtonSchulzOp op) { return Block{shapeOf(op.getInputs()[0])[0] * int64_t(op.getParts())}; })
      .Case([](BlockedStandardizationLossOp op) {
        return Block{rowsOf(op.getInputs()[0]), shapeOf(op.getInputs()[0]).back()};
      })
      .Default([](Operation *) { return Block(); });
}

namespace {
struct CUDABlockStrategy : sluice::impl::CUDABlockStrategyBase<CUDABlockStrategy> {
  void runOnOperation() override {
    getOperation().walk([&](KernelOpInterface kernel) {
      SmallVector<int64_t> block = blockOf(kernel);
      if (!block.empty())
        kernel.setBlockAttr(DenseI64ArrayAttr::get(&getContext(), block));
    });
  }
};
} // namespace
