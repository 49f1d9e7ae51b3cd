//===- RandomBits.h - Counter-based randomness in generated code ------------------===//
#ifndef SLUICE_PASSES_LOWERING_RANDOMBITS_H
#define SLUICE_PASSES_LOWERING_RANDOMBITS_H

#include "passes/Lowering/LinalgBuilder.h"
#include <array>

namespace sluice {

/// The first word of Philox4x32-10 (Salmon et al., SC 2011), all words i32.
mlir::Value philoxWord(mlir::ImplicitLocOpBuilder &builder, std::array<mlir::Value, 4> counter,
                       std::array<mlir::Value, 2> key);

/// What keys the mask of a dropout, as i32 values outside of any linalg body.
struct DropoutKey {
  mlir::Value seedLow, seedHigh, step, firstSample, layerAndOrdinal;
};

/// Reads the key once: `key` is the four words of the step, `layer` one number, both tensors or both memrefs. The
/// global sample of row 0 is the micro-batch times `batch`.
DropoutKey readDropoutKey(mlir::ImplicitLocOpBuilder &builder, mlir::Value key, mlir::Value layer, int64_t ordinal,
                          int64_t batch);

/// 1 / (1 - rate) where the element is kept, 0 where it is dropped: the first word of Philox4x32-10 (Salmon et al., SC
/// 2011) with counter (element, global sample, step, layer and ordinal) against rate x 2^32.
mlir::Value dropoutFactor(mlir::ImplicitLocOpBuilder &builder, const DropoutKey &key, mlir::Value element,
                          mlir::Value sample, double rate, mlir::Type type);

} // namespace sluice

#endif // SLUICE_PASSES_LOWERING_RANDOMBITS_H
