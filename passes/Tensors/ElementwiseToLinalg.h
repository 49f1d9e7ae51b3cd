//===- ElementwiseToLinalg.h - Element-by-element ops as linalg --------------------===//
//
// A right side of lower rank is broadcast over the leading dimensions. Masks of dropout are computed from counters
// (passes/Build/RandomBits.h), never stored.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_TENSORS_ELEMENTWISETOLINALG_H
#define SLUICE_PASSES_TENSORS_ELEMENTWISETOLINALG_H

#include "passes/Tensors/LinalgLowerings.h"

namespace sluice {
/// Adds arithmetic, changes of the element type, and what draws a random number for each element.
void addElementwiseLowerings(LinalgLowerings &lowerings);
} // namespace sluice

#endif // SLUICE_PASSES_TENSORS_ELEMENTWISETOLINALG_H
