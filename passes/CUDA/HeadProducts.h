//===- HeadProducts.h - The products of attention -------------------------------------===//
//
// A block of threads has some lines of one head, its rows, queries or keys, and passes the others by in blocks, its
// columns. Scores of both exist for a block at a time, in registers. So do the outputs of the rows, which scores are
// multiplied with columns for.
//
//===----------------------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_CUDA_HEADPRODUCTS_H
#define SLUICE_PASSES_CUDA_HEADPRODUCTS_H

#include "passes/CUDA/BlockProduct.h"
#include "passes/CUDA/OperandTiles.h"

namespace sluice::cuda {

/// Sizes of an attention, and of its blocks.
struct AttentionSizes {
  static constexpr int64_t warpRows = 16;

  /// `factors` is what is multiplied by tensor cores; null: f32, by FMA.
  AttentionSizes(mlir::MemRefType query, int64_t heads, bool isBackward, mlir::FloatType factors);

  int64_t batch, heads, sequence, width;
  mlir::FloatType factors;
  int64_t rows, columns; // of a block of scores
  int64_t widthOfTile;   // of heads; wider ones are several tiles
  int64_t tiles() const { return llvm::divideCeil(width, widthOfTile); }
  int64_t threads() const;
};

/// Where a block of threads is in an attention.
struct HeadPlace {
  mlir::ImplicitLocOpBuilder &b;
  AttentionSizes sizes;
  mlir::Value thread, shared, sample, head;
  mlir::Value firstRow;    // in the sequence
  mlir::Value firstOutput; // in the width: where the block's tile of outputs begins

  /// Where the head of the sample begins in a [batch, sequence, heads x width] memref.
  mlir::Value startOf(mlir::MemRefType type) const;
  /// The lines of heads in such a memref.
  GlobalMatrix linesOf(mlir::Value memref) const;
  /// Elements that the places of all lines are a multiple of.
  int64_t alignmentOf(mlir::MemRefType type) const;
};

/// What is multiplied, memrefs of heads: the first rows and columns make scores, the second ones the gradients of what
/// dropout kept of their exponentials. Other columns are multiplied with scores alone.
struct HeadOperands {
  llvm::SmallVector<mlir::Value> rows, columns;
};

/// Values of a block of scores: of each row of a thread a few vectors of columns.
using Scores = llvm::SmallVector<mlir::Value>;

class HeadProducts {
public:
  virtual ~HeadProducts() = default;

  /// What a thread has of a block of scores, and of the block's outputs.
  virtual ThreadPart scoresPart() const = 0;
  virtual ThreadPart outputsPart() const = 0;
  /// Neighbouring lanes that share rows.
  virtual int64_t lanesOfRow() const = 0;

  /// Starts to copy the rows.
  virtual void copyRows() = 0;
  /// Behind that, a loop over blocks of columns, at least one. `body` gets the number of the block, and changes what is
  /// carried.
  virtual void forColumns(mlir::Value first, mlir::Value end, llvm::SmallVector<mlir::Value> &carried,
                          llvm::function_ref<void(mlir::Value)> body) = 0;
  /// In the loop: the products of all rows and the columns of the same number.
  virtual llvm::SmallVector<Scores> scores() = 0;
  /// In the loop, behind `scores`: outputs += scores x the columns of a number.
  virtual void addOutputs(llvm::SmallVector<mlir::Value> &outputs, mlir::ValueRange scores, size_t columns) = 0;
  virtual llvm::SmallVector<mlir::Value> zeroOutputs() const = 0;
};

/// By FMA of f32. Scores go through shared memory, from where a warp reads the rows that it wrote. Where heads are
/// wider than a tile, blocks of threads have the same scores and a tile of the outputs each.
std::unique_ptr<HeadProducts> createFmaHeads(HeadPlace place, HeadOperands operands);
/// Elements of f32 in shared memory that such a block needs.
int64_t sharedElementsOfFma(const AttentionSizes &sizes, int64_t rows, int64_t columns);

/// By tensor cores, with factors of 16 bits and sums of f32. What a thread has of scores are the elements that it has
/// to multiply with columns, so that they stay in registers.
std::unique_ptr<HeadProducts> createMmaHeads(HeadPlace place, HeadOperands operands);
/// Elements of factors in shared memory that such a block needs.
int64_t sharedElementsOfMma(const AttentionSizes &sizes, int64_t rows, int64_t columns);

} // namespace sluice::cuda

#endif // SLUICE_PASSES_CUDA_HEADPRODUCTS_H
