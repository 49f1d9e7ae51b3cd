//===- AttentionBlock.h - What the kernels of attention share -------------------------===//
//
// A block of threads has some lines of one head, queries or keys, and passes the others by in blocks. Scores of both
// exist for a block at a time, in registers: rows of a thread are its own lines, columns are passed by. What scores are
// multiplied with goes through shared memory, from where a warp reads the rows that it wrote. Where heads are wider
// than a tile, blocks of threads have the same scores and a tile of the outputs each.
//
//===----------------------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_CUDA_ATTENTIONBLOCK_H
#define SLUICE_PASSES_CUDA_ATTENTIONBLOCK_H

#include "dialects/Sluice/SluiceDialect.h"
#include "passes/Build/Indices.h"
#include "passes/Build/RandomBits.h"
#include "passes/CUDA/BlockProduct.h"
#include "passes/CUDA/Launch.h"
#include "passes/CUDA/OperandTiles.h"

namespace sluice::cuda {

/// Sizes of an attention, and of its blocks.
struct AttentionSizes {
  static constexpr int64_t warpRows = 16;

  AttentionSizes(mlir::MemRefType query, int64_t heads, bool isBackward);

  int64_t batch, heads, sequence, width;
  int64_t rows, columns; // of a block of scores
  int64_t widthOfTile;   // of heads, a multiple of 32; wider ones are several tiles
  int64_t tiles() const { return llvm::divideCeil(width, widthOfTile); }
  int64_t threads() const { return rows / warpRows * warpSize; }
};

/// Lines of a head in shared memory.
struct HeadTile {
  SharedTile shape;
  int64_t place; // in the shared memory of the block
};

/// Values of a block of scores: of each row of a thread a few vectors of columns.
using Scores = llvm::SmallVector<mlir::Value>;

/// The body of a kernel of attention, for one head of one sample.
class AttentionBlock {
public:
  /// With `rounds`, what is multiplied is rounded to bf16.
  AttentionBlock(mlir::ImplicitLocOpBuilder &b, const KernelBody &body, AttentionSizes sizes, bool rounds);

  /// Places a tile of rows of the block, or of columns.
  HeadTile tile(int64_t lines);
  HeadTile scoresTile();
  /// Elements of shared memory that a block needs, with `ofRows` and `ofColumns` tiles of each.
  static int64_t sharedElements(const AttentionSizes &sizes, int64_t ofRows, int64_t ofColumns);

  /// Starts to copy lines of the head in a [batch, sequence, heads x width] memref, a tile of their width from
  /// `firstOfWidth` on.
  void copy(const HeadTile &tile, mlir::Value memref, mlir::Value firstLine, mlir::Value firstOfWidth);
  /// Where a tile of the width begins.
  mlir::Value startOfTile(int64_t number) { return constantIndex(b, number * sizes.widthOfTile); }
  /// What all threads have copied is there for all.
  void finishCopies(int64_t pending = 0);
  void barrier();

  /// scores += left right', of a tile of rows and one of columns.
  void addScores(Scores &scores, const HeadTile &left, const HeadTile &right);
  Scores zeroScores();
  /// Stores scores to their tile, for this warp.
  void storeScores(const HeadTile &tile, mlir::ValueRange scores);
  /// outputs += scores x lines of the columns. Outputs are one tile of the width.
  void addOutputs(llvm::SmallVector<mlir::Value> &outputs, const HeadTile &scores, const HeadTile &lines);
  llvm::SmallVector<mlir::Value> zeroOutputs();
  /// Stores them to the block's tile of rows of the head in a [batch, sequence, heads x width] memref.
  void storeOutputs(mlir::Value memref, mlir::ValueRange outputs);
  /// What is where a vector of outputs of a tile would be in a [batch, sequence, heads x width] memref. Lines beyond
  /// the sequence repeat the last one, and columns beyond the width are zero.
  mlir::Value loadOutputs(mlir::Value memref, int64_t row, int64_t column, int64_t tile);

  /// Index in the sequence of a row of this thread, and of the first column of one of its vectors.
  mlir::Value row(int64_t i) const;
  mlir::Value column(int64_t j) const;
  int64_t rowsOfThread() const { return scoresPart.rows.size(); }
  int64_t vectorsOfRow() const { return scoresPart.columns.size(); }
  int64_t vectorsOfOutput() const { return outputsPart.columns.size(); }
  int64_t lanes() const { return scoresPart.lanes; }

  /// Over the lanes that share rows.
  mlir::Value reduce(mlir::Value value, llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> combine);
  /// Whether this thread writes what all that share its rows know, in the first of the blocks that share them.
  mlir::Value isFirstOfRow();
  /// Index of a line of the head in a [batch, heads, sequence] memref, that of the last one for lines beyond.
  mlir::Value statisticsIndex(mlir::Value line);

  /// `value` where the query sees the key, elsewhere `other`; vectors of columns. Rows are queries, or keys.
  mlir::Value whereSeen(mlir::Value value, double other, int64_t i, int64_t j, bool rowsAreQueries, bool causal);
  /// Factors of dropout for a vector of columns.
  mlir::Value dropoutFactors(const DropoutMask &mask, int64_t i, int64_t j, bool rowsAreQueries);

  /// Splats and constants beside vectors of scores.
  mlir::Value splat(mlir::Value scalar);
  mlir::Value splat(double number);

  mlir::ImplicitLocOpBuilder &b;
  AttentionSizes sizes;
  mlir::Value thread, shared, sample, head;
  mlir::Value firstRow;    // in the sequence
  mlir::Value firstOutput; // in the width: where the block's tile of outputs begins
  mlir::Value firstColumn; // of the columns that are passed by, set by the loop over them

private:
  Place placeOf(const HeadTile &tile);
  mlir::Value startOf(mlir::MemRefType type);

  int64_t used = 0; // elements of shared memory
  std::unique_ptr<BlockProduct> scoresProduct, outputsProduct;
  ThreadPart scoresPart, outputsPart;
};

/// Emits the kernels in place of the op, which stays.
void emitAttention(BlockedAttentionOp op);
void emitAttentionBackward(BlockedAttentionBackwardOp op);

} // namespace sluice::cuda

#endif // SLUICE_PASSES_CUDA_ATTENTIONBLOCK_H
