//===- CUDAContractions.cpp - Contractions to kernels ---------------------------------===//
#include "passes/CUDA/ContractionKernel.h"
#include "passes/CUDA/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_CUDACONTRACTIONS
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

namespace {
struct CUDAContractions : sluice::impl::CUDAContractionsBase<CUDAContractions> {
  void runOnOperation() override {
    auto contractions = fuseContractions(getOperation(), [](const Contraction &contraction) -> LogicalResult {
      linalg::LinalgOp op = contraction.op;
      if (!op->hasAttr(strategyAttrName))
        return op->emitOpError("has no '") << strategyAttrName << "'; a strategy pass of the target sets it";
      return success();
    });
    if (failed(contractions))
      return signalPassFailure();
    // All are matched before the first one becomes a kernel.
    for (FusedContraction &fused : *contractions) {
      emitContractionKernels(fused, fused.contraction.op->getAttrOfType<StrategyAttr>(strategyAttrName));
      fused.eraseOps();
    }
  }
};
} // namespace
