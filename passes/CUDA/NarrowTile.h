//===- NarrowTile.h - A block of an operand of tensor cores in shared memory ----------===//
#ifndef SLUICE_PASSES_CUDA_NARROWTILE_H
#define SLUICE_PASSES_CUDA_NARROWTILE_H

#include "passes/CUDA/OperandTiles.h"

namespace sluice::cuda {

/// How a block of A or B of 16-bit elements lies in shared memory: rows of what is contiguous in global memory, terms
/// of a line or lines of a term, in chunks of 16 bytes. Chunks of a row are exchanged by its number, so that neither
/// copies of rows nor `ldmatrix`, which reads a chunk of 8 rows at a time, meet in a bank.
struct NarrowTile {
  static constexpr int64_t chunk = 8; // elements

  int64_t lines, terms;
  bool hasContiguousTerms;

  int64_t elements() const { return lines * terms; }
  int64_t elementsOfRow() const { return hasContiguousTerms ? terms : lines; }
  int64_t chunksOfRow() const { return elementsOfRow() / chunk; }
  mlir::Value place(mlir::ImplicitLocOpBuilder &b, mlir::Value row, mlir::Value chunkOfRow) const;
};

/// Copies blocks of a matrix of f32 or bf16 to tiles of bf16, with zeros beyond its edges. What has to be rounded, or
/// is not aligned, goes through registers: it is loaded early and stored late.
class NarrowTiles {
public:
  NarrowTiles(GlobalMatrix matrix, NarrowTile tile, int64_t threads) : matrix(matrix), tile(tile), threads(threads) {}

  /// Starts this thread's part of the copies, from where OperandTiles::copy says. Returns what `finish` stores.
  llvm::SmallVector<mlir::Value> begin(mlir::ImplicitLocOpBuilder &b, mlir::Value thread, mlir::Value start,
                                       mlir::Value firstLine, mlir::Value firstTerm, Place place) const;
  void finish(mlir::ImplicitLocOpBuilder &b, mlir::Value thread, mlir::ValueRange loaded, Place place) const;

  const NarrowTile &shape() const { return tile; }

private:
  /// A chunk of the tile.
  struct Chunk {
    mlir::Value row, inRow;  // of the tile
    mlir::Value index;       // in global memory, of its first element
    mlir::Value rowIsInside; // null: it is
    mlir::Value firstOfRow;  // what its first element is the number of, in the row in global memory
  };
  bool isNarrow() const;
  bool isContiguous() const { return tile.hasContiguousTerms ? matrix.strideOfTerm == 1 : matrix.strideOfLine == 1; }
  /// Elements of a row in global memory.
  int64_t sizeOfRow() const { return tile.hasContiguousTerms ? matrix.terms : matrix.lines; }
  /// Whether chunks are loaded by accesses of 16 bytes, all of whose elements are there or none.
  bool isWhole() const;
  bool isAsynchronous() const { return isNarrow() && isWhole(); }
  Chunk chunkOf(mlir::ImplicitLocOpBuilder &b, mlir::Value number, mlir::Value start, mlir::Value firstLine,
                mlir::Value firstTerm) const;
  mlir::Value load(mlir::ImplicitLocOpBuilder &b, const Chunk &chunk, mlir::Value start) const;
  mlir::Value loadElements(mlir::ImplicitLocOpBuilder &b, const Chunk &chunk, mlir::Value start) const;

  GlobalMatrix matrix;
  NarrowTile tile;
  int64_t threads;
};

} // namespace sluice::cuda

#endif // SLUICE_PASSES_CUDA_NARROWTILE_H
