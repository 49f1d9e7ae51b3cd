//===- ContractionsToLinalg.h - Products and sums as linalg ------------------------===//
//
// Products become linalg.contract with destinations that are accumulators, biases or zeros.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_TENSORS_CONTRACTIONSTOLINALG_H
#define SLUICE_PASSES_TENSORS_CONTRACTIONSTOLINALG_H

#include "passes/Tensors/LinalgLowerings.h"

namespace sluice {
/// Adds products of matrices, sums over leading dimensions, and sums of squares.
void addContractionLowerings(LinalgLowerings &lowerings);
} // namespace sluice

#endif // SLUICE_PASSES_TENSORS_CONTRACTIONSTOLINALG_H
