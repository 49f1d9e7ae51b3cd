//===- ForwardCopies.cpp - Computes into a destination instead of copying there ------===//
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "passes/Lowering/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_FORWARDCOPIES
#include "passes/Lowering/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
struct ForwardCopies : sluice::impl::ForwardCopiesBase<ForwardCopies> {
  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    Block &entry = getOperation().getBody().front();
    for (auto copy : llvm::make_early_inc_range(entry.getOps<memref::CopyOp>())) {
      // Arguments are distinct memory, so that an argument whose only use is the copy is free until then.
      auto destination = dyn_cast<BlockArgument>(copy.getTarget());
      auto source = copy.getSource().getDefiningOp<memref::AllocOp>();
      if (!destination || !destination.hasOneUse() || !source || source->getBlock() != &entry ||
          source.getType() != destination.getType())
        continue;
      copy.erase();
      source.getResult().replaceAllUsesWith(destination);
      source.erase();
    }
  }
};
} // namespace
