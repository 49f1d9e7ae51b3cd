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
  /// Where a chunk of the row `row` + `moreRows` lies.
  mlir::Value place(mlir::ImplicitLocOpBuilder &b, mlir::Value row, mlir::Value chunkOfRow, int64_t moreRows = 0) const;
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
  bool isNarrow() const;
  bool isContiguous() const { return tile.hasContiguousTerms ? matrix.strideOfTerm == 1 : matrix.strideOfLine == 1; }
  /// Elements of a row in global memory.
  int64_t sizeOfRow() const { return tile.hasContiguousTerms ? matrix.terms : matrix.lines; }
  /// Whether chunks are loaded by accesses of 16 bytes, all of whose elements are there or none.
  bool isWhole() const;
  /// Chunks that a thread copies.
  int64_t copies() const { return tile.elements() / NarrowTile::chunk / threads; }
  Chunk chunkOf(mlir::ImplicitLocOpBuilder &b, mlir::Value thread, int64_t copy) const;
  Source sourceOf(mlir::ImplicitLocOpBuilder &b, const Chunk &chunk, mlir::Value start, mlir::Value firstLine,
                  mlir::Value firstTerm) const;
  /// Whether the elements of a chunk are there, all or none; null: they are.
  mlir::Value wholeIsInside(mlir::ImplicitLocOpBuilder &b, const Source &source) const;
  mlir::Value validOf(mlir::ImplicitLocOpBuilder &b, const Source &source) const;
  mlir::Value load(mlir::ImplicitLocOpBuilder &b, const Source &source, mlir::Value start) const;
  mlir::Value loadElements(mlir::ImplicitLocOpBuilder &b, const Source &source, mlir::Value start) const;

  GlobalMatrix matrix;
  NarrowTile tile;
  int64_t threads;
};

} // namespace sluice::cuda

#endif // SLUICE_PASSES_CUDA_NARROWTILE_H
