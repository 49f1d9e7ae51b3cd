//===- SumDraws.h - The random words of sums in registers --------------------------===//
#ifndef SLUICE_PASSES_CPU_SUMDRAWS_H
#define SLUICE_PASSES_CPU_SUMDRAWS_H

#include "passes/Build/RandomBits.h"
#include "passes/CPU/MatrixView.h"

namespace sluice {

/// What the sums of one matrix product draw, by where they are in the result of the whole contraction and by the number
/// of the product there (`sluice.rounded_sum`): tiles, packing and which operand is A change nothing.
struct SumDraws {
  SumKey key;
  mlir::Value first;               // index: the element of the result that is (0, 0) of the product
  int64_t rowStride, columnStride; // elements of the result between neighbours in C
  SubRange terms;                  // the block of the sum
  bool startsQuarter;              // the number of its first product is a multiple of four

  /// Of the product at a position of the loops around it; nothing where its sums do not draw. Terms are yet to be set.
  static std::optional<SumDraws> of(mlir::ImplicitLocOpBuilder &b, const Contraction &contraction,
                                    const Position &position);

  /// The index in the result, as i32 or a vector of it in the shape of `like`, of the sum or sums at a place of C.
  mlir::Value elementsAt(mlir::ImplicitLocOpBuilder &b, mlir::Value row, mlir::Value column, mlir::Type like) const;
  /// For the four products from term `k` of the block on, the first one of a quarter.
  std::array<mlir::Value, 4> quarter(mlir::ImplicitLocOpBuilder &b, mlir::Value elements, mlir::Value k) const;
  /// For the product of term `k` of the block, or for the addition of the chunk that ends with it.
  mlir::Value word(mlir::ImplicitLocOpBuilder &b, mlir::Value elements, mlir::Value k,
                   precision::Addition addition) const;
  /// For the addition of the block, which is a chunk.
  mlir::Value wordOfChunk(mlir::ImplicitLocOpBuilder &b, mlir::Value elements) const;

private:
  std::array<mlir::Value, 4> words(mlir::ImplicitLocOpBuilder &b, mlir::Value elements, mlir::Value product,
                                   precision::Addition addition) const;
};

} // namespace sluice

#endif // SLUICE_PASSES_CPU_SUMDRAWS_H
