//===- NormsToLinalg.h - Normalization layers as linalg ----------------------------===//
//
// Statistics [...] of rows [..., C] are reductions of their own; the variance takes a second pass over the row.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_TENSORS_NORMSTOLINALG_H
#define SLUICE_PASSES_TENSORS_NORMSTOLINALG_H

#include "passes/Tensors/LinalgLowerings.h"

namespace sluice {
/// Adds layer norm, RMS norm and their backwards.
void addNormLowerings(LinalgLowerings &lowerings);
} // namespace sluice

#endif // SLUICE_PASSES_TENSORS_NORMSTOLINALG_H
