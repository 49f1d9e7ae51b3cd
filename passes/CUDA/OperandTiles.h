//===- OperandTiles.h - Copies of blocks of an operand to shared memory ---------------===//
#ifndef SLUICE_PASSES_CUDA_OPERANDTILES_H
#define SLUICE_PASSES_CUDA_OPERANDTILES_H

#include "passes/CUDA/DeviceMemory.h"
#include "passes/CUDA/SharedTile.h"

namespace sluice::cuda {

/// A matrix of lines (rows of A, columns of B) and terms in global memory, in elements.
struct GlobalMatrix {
  mlir::Value flat;
  int64_t lines, terms;
  int64_t strideOfLine, strideOfTerm;
  int64_t alignment; // elements that the places of all lines and of the matrices around are a multiple of
};

/// Copies blocks of a matrix to tiles of f32 in shared memory, with zeros beyond its edges. Elements of bf16 go through
/// registers, others do not.
class OperandTiles {
public:
  OperandTiles(GlobalMatrix matrix, SharedTile tile, int64_t threads)
      : matrix(matrix), tile(tile), threads(threads), lanes(lanesOfCopy()) {}

  /// Whether terms are contiguous in tiles of a matrix.
  static bool keepsTermsContiguous(const GlobalMatrix &matrix) {
    return matrix.strideOfTerm == 1 || matrix.strideOfLine != 1;
  }

  /// Starts this thread's part of the copies of the lines from `firstLine` on and the terms from `firstTerm` on; the
  /// matrix begins at `start` in its memory, the tile at `place` in shared memory.
  void copy(mlir::ImplicitLocOpBuilder &b, mlir::Value thread, mlir::Value start, mlir::Value firstLine,
            mlir::Value firstTerm, Place place) const;

  const SharedTile &shape() const { return tile; }
  bool isNarrow() const { return llvm::cast<mlir::MemRefType>(matrix.flat.getType()).getElementType().isBF16(); }

private:
  struct Number;
  // Copies of a thread whose addresses may stay in registers.
  static constexpr int64_t mostKept = 4;

  /// Quotient and remainder of `number`, of which the part of the thread is below `most`.
  static std::pair<Number, Number> divide(mlir::ImplicitLocOpBuilder &b, Number number, int64_t most, int64_t divisor);
  /// Copies through registers.
  void widen(mlir::ImplicitLocOpBuilder &b, Place from, Place to, mlir::Value valid) const;
  void copyOne(mlir::ImplicitLocOpBuilder &b, Number number, mlir::Value start, mlir::Value firstLine,
               mlir::Value firstTerm, Place place) const;
  /// A chunk, or one element where that is not aligned.
  int64_t lanesOfCopy() const;
  /// How many of the `lanes` elements from `first` on are before the `end`; null: all. `isInside` (null: yes) says
  /// whether any of them count.
  mlir::Value validLanes(mlir::ImplicitLocOpBuilder &b, mlir::Value first, int64_t end, mlir::Value isInside) const;

  GlobalMatrix matrix;
  SharedTile tile;
  int64_t threads, lanes;
};

} // namespace sluice::cuda

#endif // SLUICE_PASSES_CUDA_OPERANDTILES_H
