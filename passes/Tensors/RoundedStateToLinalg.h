//===- RoundedStateToLinalg.h - Updates of weights of few bits as linalg -----------===//
#ifndef SLUICE_PASSES_TENSORS_ROUNDEDSTATETOLINALG_H
#define SLUICE_PASSES_TENSORS_ROUNDEDSTATETOLINALG_H

#include "passes/Tensors/LinalgLowerings.h"

namespace sluice {
/// Adds AdamW and SGD that round weights and the first moment: one loop each, as those that do not.
void addRoundedStateLowerings(LinalgLowerings &lowerings);
} // namespace sluice

#endif // SLUICE_PASSES_TENSORS_ROUNDEDSTATETOLINALG_H
