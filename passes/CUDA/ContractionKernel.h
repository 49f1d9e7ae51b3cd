//===- ContractionKernel.h - The kernels of a contraction -----------------------------===//
#ifndef SLUICE_PASSES_CUDA_CONTRACTIONKERNEL_H
#define SLUICE_PASSES_CUDA_CONTRACTIONKERNEL_H

#include "dialects/CUDA/CUDADialect.h"
#include "passes/Contractions/FusedContraction.h"

namespace sluice::cuda {

/// Emits the launches that the contraction's strategy asks for in its place. Of its ops none is erased.
void emitContractionKernels(const FusedContraction &fused, StrategyAttr strategy);

} // namespace sluice::cuda

#endif // SLUICE_PASSES_CUDA_CONTRACTIONKERNEL_H
