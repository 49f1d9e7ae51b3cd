//===- UnrollLoops.cpp - Loops over kernels to as many kernels --------------------------===//
#include "mlir/Dialect/SCF/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/Utils/Utils.h"
#include "passes/CUDA/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_UNROLLLOOPS
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
struct UnrollLoops : sluice::impl::UnrollLoopsBase<UnrollLoops> {
  void runOnOperation() override {
    if (failed(toSequential()))
      return signalPassFailure();
    // Inner loops first, so that no loop is unrolled twice.
    SmallVector<scf::ForOp> loops;
    getOperation().walk([&](scf::ForOp loop) {
      if (!loop->getParentOfType<gpu::LaunchOp>())
        loops.push_back(loop);
    });
    for (scf::ForOp loop : loops)
      if (failed(loopUnrollFull(loop))) {
        loop.emitOpError() << "expected a loop over kernels with bounds that are known";
        return signalPassFailure();
      }
  }

private:
  /// Kernels fill the card by themselves: one runs after the other.
  LogicalResult toSequential() {
    SmallVector<scf::ForallOp> loops;
    getOperation().walk([&](scf::ForallOp loop) { loops.push_back(loop); });
    IRRewriter rewriter(&getContext());
    for (scf::ForallOp loop : loops) {
      rewriter.setInsertionPoint(loop);
      if (failed(scf::forallToForLoop(rewriter, loop)))
        return loop.emitOpError() << "expected a loop on buffers";
    }
    return success();
  }
};
} // namespace
