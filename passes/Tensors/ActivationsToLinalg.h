//===- ActivationsToLinalg.h - Activations as linalg -------------------------------===//
#ifndef SLUICE_PASSES_TENSORS_ACTIVATIONSTOLINALG_H
#define SLUICE_PASSES_TENSORS_ACTIVATIONSTOLINALG_H

#include "passes/Tensors/LinalgLowerings.h"

namespace sluice {
/// Adds activations, their gradients, and both in one.
void addActivationLowerings(LinalgLowerings &lowerings);
} // namespace sluice

#endif // SLUICE_PASSES_TENSORS_ACTIVATIONSTOLINALG_H
