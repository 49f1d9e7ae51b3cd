//===- RandomBits.h - Counter-based randomness in generated code ------------------===//
#ifndef SLUICE_PASSES_BUILD_RANDOMBITS_H
#define SLUICE_PASSES_BUILD_RANDOMBITS_H

#include "passes/Build/LinalgBuilder.h"
#include "passes/Numerics/ReferenceSums.h"
#include <array>

namespace sluice {

/// The words of Philox4x32-10 (Salmon et al., SC 2011), all i32 or vectors of it of one shape.
std::array<mlir::Value, 4> philoxWords(mlir::ImplicitLocOpBuilder &builder, std::array<mlir::Value, 4> counter,
                                       std::array<mlir::Value, 2> key);
/// The first of them.
mlir::Value philoxWord(mlir::ImplicitLocOpBuilder &builder, std::array<mlir::Value, 4> counter,
                       std::array<mlir::Value, 2> key);

/// What decides the mask of a dropout, as i32 values outside of any linalg body, and the factor of what is kept.
struct DropoutMask {
  mlir::Value seedLow, seedHigh, step, firstSample, layerAndOrdinal;
  mlir::Value threshold; // rate x 2^32
  mlir::Value factor;    // 1 / (1 - rate), of the type of the elements
};

/// Reads the mask once: `key` is the four words of the step, `layer` and `rate` one number each, all tensors or all
/// memrefs. The global sample of row 0 is the micro-batch times `batch`.
DropoutMask readDropoutMask(mlir::ImplicitLocOpBuilder &builder, mlir::Value key, mlir::Value layer, mlir::Value rate,
                            int64_t ordinal, int64_t batch, mlir::Type element);

/// The factor where the element is kept, 0 where it is dropped: the first word of Philox4x32-10 with counter (element,
/// global sample, step, layer and ordinal) against the threshold.
mlir::Value dropoutFactor(mlir::ImplicitLocOpBuilder &builder, const DropoutMask &mask, mlir::Value element,
                          mlir::Value sample);

/// What stochastic rounding of a contraction's sums is drawn by.
struct SumKey {
  mlir::Value low, high; // i32
  int64_t ordinal;       // of the contraction among those of its function

  /// Reads it once: `key` is the four words of the step, `id` two of the call, both tensors. See `sluice.linear`.
  static SumKey read(mlir::ImplicitLocOpBuilder &builder, mlir::Value key, mlir::Value id, int64_t ordinal);
  /// The words of products 4 `quarter` to 4 `quarter` + 3 of `element`, both i32 or vectors of it. See
  /// `sluice.rounded_sum`.
  std::array<mlir::Value, 4> words(mlir::ImplicitLocOpBuilder &builder, mlir::Value element, mlir::Value quarter,
                                   precision::Addition addition) const;
};

} // namespace sluice

#endif // SLUICE_PASSES_BUILD_RANDOMBITS_H
