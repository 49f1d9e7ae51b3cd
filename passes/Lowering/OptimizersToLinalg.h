//===- OptimizersToLinalg.h - Updates of parameters as linalg ----------------------===//
#ifndef SLUICE_PASSES_LOWERING_OPTIMIZERSTOLINALG_H
#define SLUICE_PASSES_LOWERING_OPTIMIZERSTOLINALG_H

#include "passes/Lowering/LinalgLowerings.h"

namespace sluice {
/// Adds AdamW, SGD and Muon.
void addOptimizerLowerings(LinalgLowerings &lowerings);
} // namespace sluice

#endif // SLUICE_PASSES_LOWERING_OPTIMIZERSTOLINALG_H
