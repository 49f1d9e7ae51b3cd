//===- ActivationsToLinalg.h - Activations as linalg -------------------------------===//
//
// One generic an op. Its body is the formula of the activation (dialects/Sluice/Activations), on scalars.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_TENSORS_ACTIVATIONSTOLINALG_H
#define SLUICE_PASSES_TENSORS_ACTIVATIONSTOLINALG_H

#include "passes/Tensors/LinalgLowerings.h"

namespace sluice {
/// Adds activations, their gradients, and both in one.
void addActivationLowerings(LinalgLowerings &lowerings);
} // namespace sluice

#endif // SLUICE_PASSES_TENSORS_ACTIVATIONSTOLINALG_H
