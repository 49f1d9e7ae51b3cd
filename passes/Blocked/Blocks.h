//===- Blocks.h - Loops over blocks of memrefs ------------------------------------===//
#ifndef SLUICE_PASSES_BLOCKED_BLOCKS_H
#define SLUICE_PASSES_BLOCKED_BLOCKS_H

#include "dialects/Sluice/SluiceDialect.h"
#include "passes/Build/LinalgBuilder.h"

namespace sluice {

/// A part of one dimension: where it begins and how many elements it has.
struct Part {
  mlir::OpFoldResult offset;
  int64_t size;
};

/// Builds loops over blocks and subviews of blocks.
class BlockBuilder : public LinalgBuilder {
public:
  using LinalgBuilder::LinalgBuilder;

  /// Parallel loop over [0, count); the insertion point is inside while `body` runs.
  void parallel(int64_t count, llvm::function_ref<void(mlir::Value)> body);
  /// Sequential loop over [0, count).
  void repeat(int64_t count, llvm::function_ref<void(mlir::Value)> body);
  /// Sequential loop over the full blocks of `size` below `end` (a static number), and then what remains. The size of a
  /// block is static.
  void blocks(int64_t end, int64_t size, llvm::function_ref<void(Part)> body);
  /// Sequential loop over the blocks of `size` that begin at `begin` and a multiple of `size` later, below `end`.
  void blocksBetween(mlir::Value begin, mlir::Value end, int64_t size, llvm::function_ref<void(Part)> body);

  /// Parallel loop over the full blocks of `size` below `end`, and then what remains: the partition does not depend on
  /// threads.
  void parallelBlocks(int64_t end, int64_t size, llvm::function_ref<void(Part)> body);

  /// The block of `memref` with the given parts of its dimensions; dimensions of size 1 whose index in `dropped` is set
  /// disappear.
  mlir::Value subview(mlir::Value memref, llvm::ArrayRef<Part> parts, llvm::ArrayRef<int64_t> dropped = {});
  mlir::Value temporary(llvm::ArrayRef<int64_t> shape, mlir::Type element);
  /// All leading dimensions in one: [..., C] becomes [N, C], and with `all` [...] becomes [N].
  mlir::Value collapse(mlir::Value memref, bool all = false);

  mlir::Value constantIndex(int64_t value);
};

// The decompositions, one a kernel op; the op is erased by the caller.
void decomposeGatherRows(GatherRowsOp op);
void decomposeScatterRows(ScatterRowsOp op);
void decomposeAttention(BlockedAttentionOp op);
void decomposeAttentionBackward(BlockedAttentionBackwardOp op);
void decomposeCrossEntropy(BlockedCrossEntropyOp op);
void decomposeCrossEntropyBackward(BlockedCrossEntropyBackwardOp op);
/// At most `mostLogits` of them exist at a time, half as many where operands are rounded, but those of one row do.
void decomposeCrossEntropyWithGradient(BlockedCrossEntropyWithGradientOp op, int64_t mostLogits);
void decomposeNewtonSchulz(BlockedNewtonSchulzOp op);
void decomposeStandardizationLoss(BlockedStandardizationLossOp op);

} // namespace sluice

#endif // SLUICE_PASSES_BLOCKED_BLOCKS_H
