//===- KernelsToLinalg.h - Ops that are computed in blocks get destinations --------===//
#ifndef SLUICE_PASSES_TENSORS_KERNELSTOLINALG_H
#define SLUICE_PASSES_TENSORS_KERNELSTOLINALG_H

#include "passes/Tensors/LinalgLowerings.h"

namespace sluice {
/// Adds tables, attention, the output head and the standardization loss, whose forwards become kernel ops with
/// destinations (SluiceKernelOps.td).
void addKernelLowerings(LinalgLowerings &lowerings);
} // namespace sluice

#endif // SLUICE_PASSES_TENSORS_KERNELSTOLINALG_H
