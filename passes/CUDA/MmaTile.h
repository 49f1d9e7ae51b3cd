//===- MmaTile.h - A block of an operand of tensor cores in shared memory -------------===//
#ifndef SLUICE_PASSES_CUDA_MMATILE_H
#define SLUICE_PASSES_CUDA_MMATILE_H

#include "passes/CUDA/OperandTiles.h"

namespace sluice::cuda {

/// The type of factors in memory and in tiles: tf32 has the bits of f32.
inline mlir::FloatType typeInMemory(mlir::FloatType factors) {
  return factors.isTF32() ? mlir::Float32Type::get(factors.getContext()) : factors;
}

/// How a block of A or B lies in shared memory: rows of what is contiguous in global memory, terms of a line or lines
/// of a term, in chunks of 16 bytes. Chunks of a row are exchanged by its number, so that neither copies of rows nor
/// what is read for an instruction meet in a bank: by `ldmatrix` a chunk of 8 rows at a time, else two chunks of 4
/// rows.
struct MmaTile {
  int64_t lines, terms;
  bool hasContiguousTerms;
  int64_t bytes; // of an element, 2 or 4

  /// Elements of a chunk.
  int64_t chunk() const { return bytesOfAccess / bytes; }
  /// Whether `ldmatrix` gives lanes their elements: it turns what has 16 bits.
  bool isForLdmatrix() const { return hasContiguousTerms || bytes == 2; }

  int64_t elements() const { return lines * terms; }
  int64_t elementsOfRow() const { return hasContiguousTerms ? terms : lines; }
  int64_t chunksOfRow() const { return elementsOfRow() / chunk(); }
  /// Where the chunk `chunkOfRow` + `moreChunks` of the row `row` + `moreRows` lies; `moreChunks` is a multiple of 8.
  mlir::Value place(mlir::ImplicitLocOpBuilder &b, mlir::Value row, mlir::Value chunkOfRow, int64_t moreRows = 0,
                    int64_t moreChunks = 0) const;

private:
  /// Rows that all banks hold together, at least 1, and rows after which the exchange of chunks begins anew.
  int64_t rowsOfBanks() const;
  int64_t period() const;
};

/// Copies blocks of a matrix to tiles of an element type, from elements of it or of f32, with zeros beyond its edges.
/// What has to be rounded, or is not aligned, goes through registers: it is loaded early and stored late.
class MmaTiles {
public:
  MmaTiles(GlobalMatrix matrix, MmaTile tile, mlir::FloatType element, int64_t threads)
      : matrix(matrix), tile(tile), element(element), threads(threads) {}

  /// Starts this thread's part of the copies, from where OperandTiles::copy says. Returns what `finish` stores.
  llvm::SmallVector<mlir::Value> begin(mlir::ImplicitLocOpBuilder &b, mlir::Value thread, mlir::Value start,
                                       mlir::Value firstLine, mlir::Value firstTerm, Place place) const;
  void finish(mlir::ImplicitLocOpBuilder &b, mlir::Value thread, mlir::ValueRange loaded, Place place) const;

  const MmaTile &shape() const { return tile; }
  /// Whether copies go on behind `begin`, with nothing for `finish` to store.
  bool isAsynchronous() const;

private:
  /// A chunk of the tile, in the row `row` + `moreRows`.
  struct Chunk {
    mlir::Value row, inRow;
    int64_t moreRows;
  };
  /// The elements of a chunk in global memory.
  struct Source {
    mlir::Value index;       // of the first one
    mlir::Value rowIsInside; // null: it is
    mlir::Value firstOfRow;  // what the first one is the number of, in its row
  };
  mlir::Type typeInMemory() const;
  bool isRounded() const { return typeInMemory() != element; }
  bool isContiguous() const { return tile.hasContiguousTerms ? matrix.strideOfTerm == 1 : matrix.strideOfLine == 1; }
  /// Elements of a row in global memory.
  int64_t sizeOfRow() const { return tile.hasContiguousTerms ? matrix.terms : matrix.lines; }
  /// Whether chunks are loaded by accesses of 16 bytes, all of whose elements are there or none.
  bool isWhole() const;
  /// Chunks that a thread copies.
  int64_t copies() const { return tile.elements() / tile.chunk() / threads; }
  Chunk chunkOf(mlir::ImplicitLocOpBuilder &b, mlir::Value thread, int64_t copy) const;
  Source sourceOf(mlir::ImplicitLocOpBuilder &b, const Chunk &chunk, mlir::Value start, mlir::Value firstLine,
                  mlir::Value firstTerm) const;
  /// Whether the elements of a chunk are there, all or none; null: they are.
  mlir::Value wholeIsInside(mlir::ImplicitLocOpBuilder &b, const Source &source) const;
  mlir::Value validOf(mlir::ImplicitLocOpBuilder &b, const Source &source) const;
  mlir::Value load(mlir::ImplicitLocOpBuilder &b, const Source &source, mlir::Value start) const;
  mlir::Value loadElements(mlir::ImplicitLocOpBuilder &b, const Source &source, mlir::Value start) const;

  GlobalMatrix matrix;
  MmaTile tile;
  mlir::FloatType element;
  int64_t threads;
};

} // namespace sluice::cuda

#endif // SLUICE_PASSES_CUDA_MMATILE_H
