//===- AttentionBlock.h - What the kernels of attention share -------------------------===//
#ifndef SLUICE_PASSES_CUDA_ATTENTIONBLOCK_H
#define SLUICE_PASSES_CUDA_ATTENTIONBLOCK_H

#include "dialects/Sluice/SluiceDialect.h"
#include "passes/Build/Indices.h"
#include "passes/Build/RandomBits.h"
#include "passes/CUDA/HeadProducts.h"
#include "passes/CUDA/Launch.h"

namespace sluice::cuda {

/// The body of a kernel of attention, for some lines of one head of one sample.
class AttentionBlock {
public:
  /// Stands for minus infinity: a masked score's exponential is 0, and no difference of two of them is a NaN.
  static constexpr double masked = -1e30;

  AttentionBlock(mlir::ImplicitLocOpBuilder &b, const KernelBody &body, const AttentionSizes &sizes,
                 HeadOperands operands);

  /// A loop over blocks of columns; `body` changes what is carried.
  void forColumns(mlir::Value first, mlir::Value end, llvm::SmallVector<mlir::Value> &carried,
                  llvm::function_ref<void()> body);
  /// The number behind the last block of keys that queries, the rows, see some of.
  mlir::Value endOfKeys(bool causal);

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
  /// What is there for a vector of columns.
  mlir::Value statisticsOfColumns(mlir::Value flat, int64_t j);

  /// Scores of keys that the query does not see become `masked`. Rows are queries, or keys.
  void mask(Scores &scores, bool rowsAreQueries, bool causal);
  /// Factors of dropout for a vector of columns.
  mlir::Value dropoutFactors(const DropoutMask &mask, int64_t i, int64_t j, bool rowsAreQueries);

  /// base^x, of a scalar or a vector. The base is e. Where factors are rounded it is 2, of which cards have powers, to
  /// two last places.
  mlir::Value power(mlir::Value x);
  /// What exponents of e are multiplied by.
  double exponentOfE() const;

  /// What is where a vector of outputs of a tile would be in a [batch, sequence, heads x width] memref. Lines beyond
  /// the sequence repeat the last one, and columns beyond the width are zero.
  mlir::Value loadOutputs(mlir::Value memref, int64_t row, int64_t column, int64_t tile);
  /// Stores them to the block's tile of rows of the head in such a memref.
  void storeOutputs(mlir::Value memref, mlir::ValueRange outputs);

  /// Splats and constants beside vectors of scores.
  mlir::Value splat(mlir::Value scalar);
  mlir::Value splat(double number);

  mlir::ImplicitLocOpBuilder &b;
  AttentionSizes sizes;
  HeadPlace place;
  std::unique_ptr<HeadProducts> products;

private:
  mlir::Value whereSeen(mlir::Value scores, int64_t i, int64_t j, bool rowsAreQueries, bool causal);

  ThreadPart scoresPart, outputsPart;
  mlir::Value firstColumn; // of those of the loop, in the sequence
};

/// Emits a kernel: a block of threads for each block of rows of each head. `body` gets the block.
void emitAttentionLaunch(mlir::ImplicitLocOpBuilder &b, const AttentionSizes &sizes, KernelAttr kernel,
                         const HeadOperands &operands, llvm::function_ref<void(AttentionBlock &)> body);

/// Emits the kernels in place of the op, which stays.
void emitAttention(BlockedAttentionOp op);
void emitAttentionBackward(BlockedAttentionBackwardOp op);

} // namespace sluice::cuda

#endif // SLUICE_PASSES_CUDA_ATTENTIONBLOCK_H
