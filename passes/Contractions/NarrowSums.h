//===- NarrowSums.h - Sums of a declared format, emulated -----------------------------===//
#ifndef SLUICE_PASSES_CONTRACTIONS_NARROWSUMS_H
#define SLUICE_PASSES_CONTRACTIONS_NARROWSUMS_H

#include "dialects/Sluice/SluiceDialect.h"
#include "passes/Build/RandomBits.h"

namespace sluice {

/// How a contraction sums, and what its operands are values of.
struct NarrowSums {
  /// Of a format but f32: what is behind them in an f32 tells more than halves from less.
  static constexpr int mostMantissaBits = 21;

  precision::Accumulation accumulation;
  precision::FloatFormat left, right;
  std::optional<SumKey> key; // what stochastic rounding draws by

  /// Whether no rounding but f32's own happens while products are added.
  bool isPlain() const;
  /// A power of two that panels of A are multiplied by, and with them sums in registers: the largest exponent of the
  /// sum's format becomes that of f32, so that a sum overflows by itself. 1 where roundings are emitted in full.
  double factor() const;
  /// sum + left right, rounded to the sum's format. `random` is for stochastic rounding alone.
  mlir::Value addProduct(mlir::ImplicitLocOpBuilder &b, mlir::Value left, mlir::Value right, mlir::Value sum,
                         mlir::Value random = {}) const;
  /// The sum of chunks `old` and one chunk more from registers, rounded; with a null `old` the first chunk. Neither
  /// `old` nor the result is multiplied by `factor`. `random` emits a word where stochastic rounding needs one.
  mlir::Value addChunk(mlir::ImplicitLocOpBuilder &b, mlir::Value old, mlir::Value chunk,
                       llvm::function_ref<mlir::Value()> random) const;

private:
  /// Significant bits of a product.
  int productBits() const { return left.significantBits() + right.significantBits(); }
  /// Whether f32 has every product, and the exact sum is rounded right by way of the nearest f32.
  bool isFast() const;
  /// The nearest value of the sum's format, of an f32 that is multiplied by `factor`.
  mlir::Value roundFast(mlir::ImplicitLocOpBuilder &b, mlir::Value wide) const;
};

} // namespace sluice

#endif // SLUICE_PASSES_CONTRACTIONS_NARROWSUMS_H
