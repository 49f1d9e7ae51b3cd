//===- DecomposeBlocked.cpp - Kernel ops become loops over blocks of linalg --------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/Blocked/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_DECOMPOSEBLOCKED
#include "passes/Blocked/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
struct DecomposeBlocked : sluice::impl::DecomposeBlockedBase<DecomposeBlocked> {
  void runOnOperation() override {
    SmallVector<KernelOpInterface> kernels;
    getOperation().walk([&](KernelOpInterface kernel) { kernels.push_back(kernel); });
    for (KernelOpInterface kernel : kernels) {
      if (kernel->getNumResults() > 0) {
        kernel->emitOpError() << "expected buffers, found tensors";
        return signalPassFailure();
      }
      if (!kernel.getBlockAttr()) {
        kernel->emitOpError() << "expected a 'block' that a target's strategy sets before, found none";
        return signalPassFailure();
      }
      kernel.decompose();
      kernel->erase();
    }
  }
};
} // namespace
