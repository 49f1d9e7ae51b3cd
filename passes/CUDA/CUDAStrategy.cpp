//===- CUDAStrategy.cpp - Sets how contractions become kernels ------------------------===//
#include "passes/CUDA/ContractionStrategy.h"
#include "passes/CUDA/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_CUDASTRATEGY
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

/// What kernels can do.
static LogicalResult checkSums(const Contraction &contraction) {
  linalg::LinalgOp op = contraction.op;
  if (!contraction.elementType().isF32())
    return op->emitOpError("has sums of ") << contraction.elementType() << "; CUDA computes contractions in f32";
  if (contraction.narrow && !contraction.narrow->isPlain())
    return op->emitOpError("has sums of ")
           << contraction.narrow->accumulation.sum.name() << "; CUDA sums in f32, without emulation";
  return success();
}

namespace {
struct CUDAStrategy : sluice::impl::CUDAStrategyBase<CUDAStrategy> {
  void runOnOperation() override {
    WalkResult result = getOperation().walk([&](linalg::LinalgOp op) {
      if (!isContraction(op))
        return WalkResult::advance();
      FailureOr<Contraction> contraction = analyzeContraction(op);
      if (failed(contraction) || failed(checkSums(*contraction)))
        return WalkResult::interrupt();
      op->setAttr(strategyAttrName, suggestStrategy(*contraction));
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
