//===- OptimizersToLinalg.h - Updates of parameters as linalg ----------------------===//
#ifndef SLUICE_PASSES_TENSORS_OPTIMIZERSTOLINALG_H
#define SLUICE_PASSES_TENSORS_OPTIMIZERSTOLINALG_H

#include "passes/Tensors/LinalgLowerings.h"

namespace sluice {
/// Adds AdamW, SGD and Muon.
void addOptimizerLowerings(LinalgLowerings &lowerings);
} // namespace sluice

#endif // SLUICE_PASSES_TENSORS_OPTIMIZERSTOLINALG_H
