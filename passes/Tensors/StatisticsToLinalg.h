//===- StatisticsToLinalg.h - What rounding and sums lose as linalg ----------------===//
#ifndef SLUICE_PASSES_TENSORS_STATISTICSTOLINALG_H
#define SLUICE_PASSES_TENSORS_STATISTICSTOLINALG_H

#include "passes/Tensors/LinalgLowerings.h"

namespace sluice {
/// Adds the counts of roundings and the error of sums.
void addStatisticsLowerings(LinalgLowerings &lowerings);
} // namespace sluice

#endif // SLUICE_PASSES_TENSORS_STATISTICSTOLINALG_H
