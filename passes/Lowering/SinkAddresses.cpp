//===- SinkAddresses.cpp - Actions compute each address where it is used -------------===//
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "passes/Lowering/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_SINKADDRESSES
#include "passes/Lowering/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
struct SinkAddresses : sluice::impl::SinkAddressesBase<SinkAddresses> {
  void runOnOperation() override {
    if (!getOperation()->hasAttr(actionAttrName))
      return;
    // All of them first: the copies are addresses too.
    SmallVector<LLVM::GEPOp> addresses(getOperation().getOps<LLVM::GEPOp>());
    for (LLVM::GEPOp address : addresses) {
      if (!isa<BlockArgument>(address.getBase()) || !address.getDynamicIndices().empty())
        continue;
      for (OpOperand &use : llvm::make_early_inc_range(address->getUses())) {
        OpBuilder builder(use.getOwner());
        use.set(builder.clone(*address)->getResult(0));
      }
      address.erase();
    }
  }
};
} // namespace
