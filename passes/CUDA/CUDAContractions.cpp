//===- CUDAContractions.cpp - Contractions to kernels ---------------------------------===//
#include "passes/CUDA/ContractionKernel.h"
#include "passes/CUDA/Launch.h"
#include "passes/CUDA/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_CUDACONTRACTIONS
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

static LogicalResult checkStrategy(linalg::LinalgOp op, const Contraction &contraction) {
  auto strategy = op->getAttrOfType<StrategyAttr>(strategyAttrName);
  if (!strategy)
    return op->emitOpError("has no '") << strategyAttrName << "'; a strategy pass of the target sets it";
  bool usesMma = strategy.getInstruction() == Instruction::Mma;
  if (usesMma && !contraction.computeType)
    return op->emitOpError("expected a strategy of 'fma': operands are not rounded");
  if (!usesMma && contraction.computeType && !contraction.computeType.isBF16())
    return op->emitOpError("expected a strategy of 'mma': threads round to bf16 alone, not to ")
           << contraction.computeType;
  ArrayRef<int64_t> block = strategy.getBlock();
  bool isNarrow = usesMma && !contraction.computeType.isTF32();
  if (isNarrow && block[2] % 16 != 0)
    return op->emitOpError("expected a strategy whose blocks have a multiple of 16 terms, found ") << block[2];
  int64_t bytes = strategy.getStages() * (block[0] + block[1]) * block[2] * (isNarrow ? 2 : 4);
  if (bytes > mostSharedBytes)
    return op->emitOpError("expected a strategy with at most ")
           << mostSharedBytes << " bytes of shared memory, found " << bytes;
  return success();
}

namespace {
struct CUDAContractions : sluice::impl::CUDAContractionsBase<CUDAContractions> {
  void runOnOperation() override {
    auto contractions = fuseContractions(
        getOperation(), [](const Contraction &contraction) { return checkStrategy(contraction.op, contraction); });
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
