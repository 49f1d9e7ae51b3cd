//===- MatrixView.h - One matrix in a buffer, and parts of its dimensions ---------===//
#ifndef SLUICE_PASSES_CPU_MATRIXVIEW_H
#define SLUICE_PASSES_CPU_MATRIXVIEW_H

#include "passes/Build/Loops.h"
#include "passes/Contractions/Contraction.h"

namespace sluice {

/// Where the loops around a matrix product are: an index for each of their dimensions.
using Position = llvm::DenseMap<unsigned, mlir::Value>;

/// A matrix in memory: rows and columns are positions in the memref's indices, or nothing where the dimension has
/// size 1.
struct MatrixView {
  mlir::Value memref;
  std::optional<unsigned> row, column;

  /// Of element (i, j).
  llvm::SmallVector<mlir::Value> indices(mlir::ImplicitLocOpBuilder &b, mlir::Value i, mlir::Value j) const;
  /// Whether neighbours along the row (or column) index are neighbours in memory.
  bool rowIsContiguous() const { return isContiguous(row); }
  bool columnIsContiguous() const { return isContiguous(column); }
  mlir::Type elementType() const { return llvm::cast<mlir::MemRefType>(memref.getType()).getElementType(); }
  /// How many elements are in a line of the cache.
  int64_t lineElements() const;
  /// Brings a block of `rows` x `columns` from (i, j) on, whose columns are contiguous, into the first-level cache.
  void prefetchBlock(mlir::ImplicitLocOpBuilder &b, mlir::Value i, mlir::Value j, int64_t rows, int64_t columns,
                     bool isWrite) const;

private:
  bool isContiguous(std::optional<unsigned> position) const;
};

/// The matrix of an operand at a position of the loops around the product, with a subview where there are such loops.
/// `row` is its row dimension, what remains its column dimension.
MatrixView matrixAt(mlir::ImplicitLocOpBuilder &b, const Contraction &contraction, const Contraction::Operand &operand,
                    const Position &position, std::optional<unsigned> row);

/// A part of a dimension, from `start`; `count` elements of it are inside the matrix. `isWhole` says at compile time
/// that the count is always a multiple of the panel width.
struct SubRange {
  mlir::Value start, count;
  bool isWhole;

  /// The block of a dimension of `size` elements that begins at `start`; the last block may have fewer than `block`
  /// elements. Panels are `width` wide.
  static SubRange ofBlock(mlir::ImplicitLocOpBuilder &b, mlir::Value start, int64_t size, int64_t block, int64_t width);
  /// At most `size` elements of this part, from `offset` behind its start; `size` is a multiple of the panel width.
  SubRange part(mlir::ImplicitLocOpBuilder &b, mlir::Value offset, int64_t size, int64_t width) const;
};

/// Calls `body` with each block of a dimension of `size` elements: in a loop, if there is more than one.
void forBlocks(mlir::ImplicitLocOpBuilder &b, int64_t size, int64_t block, llvm::function_ref<void(SubRange)> body);

} // namespace sluice

#endif // SLUICE_PASSES_CPU_MATRIXVIEW_H
