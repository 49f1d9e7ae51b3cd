//===- ActivationsToLinalg.h - Activations as linalg -------------------------------===//
#ifndef SLUICE_PASSES_LOWERING_ACTIVATIONSTOLINALG_H
#define SLUICE_PASSES_LOWERING_ACTIVATIONSTOLINALG_H

#include "passes/Lowering/LinalgLowerings.h"

namespace sluice {
/// Adds GELU, its backward, and both in one.
void addActivationLowerings(LinalgLowerings &lowerings);
} // namespace sluice

#endif // SLUICE_PASSES_LOWERING_ACTIVATIONSTOLINALG_H
