//===- ShareLayers.cpp - Merges equal functions --------------------------------------===//
#include "mlir/Dialect/Func/Transforms/Passes.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Gradient/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_SHARELAYERS
#include "passes/Gradient/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
struct ShareLayers : sluice::impl::ShareLayersBase<ShareLayers> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto count = [&] { return llvm::range_size(module.getOps<func::FuncOp>()); };
    int64_t before = count();
    module.walk([](func::CallOp call) { call->setAttr(placeAttrName, call.getCalleeAttr().getAttr()); });
    OpPassManager manager(ModuleOp::getOperationName());
    manager.addPass(func::createDuplicateFunctionEliminationPass());
    if (failed(runPipeline(manager, module)))
      return signalPassFailure();
    module.walk([](func::CallOp call) {
      if (call->getAttr(placeAttrName) == call.getCalleeAttr().getAttr())
        call->removeAttr(placeAttrName);
    });
    remark::analysis(module.getLoc(), remark::RemarkOpts::name("ShareLayers").category("gradient"))
        << remark::metric("functions", before) << remark::metric("merged", before - int64_t(count()));
  }
};
} // namespace
