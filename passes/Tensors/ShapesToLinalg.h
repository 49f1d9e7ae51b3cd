//===- ShapesToLinalg.h - Reshapes, parts and joins as tensor ops ------------------===//
//
// Ops of the tensor dialect, which bufferization turns into views or into copies.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_TENSORS_SHAPESTOLINALG_H
#define SLUICE_PASSES_TENSORS_SHAPESTOLINALG_H

#include "passes/Tensors/LinalgLowerings.h"

namespace sluice {
/// Adds ops that move elements without computing: views, parts, joins and zeros.
void addShapeLowerings(LinalgLowerings &lowerings);
} // namespace sluice

#endif // SLUICE_PASSES_TENSORS_SHAPESTOLINALG_H
