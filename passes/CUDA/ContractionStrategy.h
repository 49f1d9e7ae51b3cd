//===- ContractionStrategy.h - How contractions become kernels ------------------------===//
#ifndef SLUICE_PASSES_CUDA_CONTRACTIONSTRATEGY_H
#define SLUICE_PASSES_CUDA_CONTRACTIONSTRATEGY_H

#include "dialects/CUDA/CUDADialect.h"
#include "passes/Contractions/Contraction.h"

namespace sluice::cuda {

/// The strategy that shape and types suggest. Results depend on it, so it depends on nothing else.
StrategyAttr suggestStrategy(const Contraction &contraction);

} // namespace sluice::cuda

#endif // SLUICE_PASSES_CUDA_CONTRACTIONSTRATEGY_H
