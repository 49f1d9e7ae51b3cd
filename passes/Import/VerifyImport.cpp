//===- VerifyImport.cpp - Checks what the import phase leaves ---------------------------===//
#include "dialects/Sluice/BinaryFacts.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "passes/Import/Passes.h"

using namespace mlir;

namespace sluice {
#define GEN_PASS_DEF_VERIFYIMPORT
#include "passes/Import/Passes.h.inc"
} // namespace sluice

using namespace sluice;

namespace {

struct VerifyImportPass : sluice::impl::VerifyImportBase<VerifyImportPass> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (failed(verifyAttributes(module)) || failed(verifyOps(module)))
      return signalPassFailure();
    markAllAnalysesPreserved();
  }

  static LogicalResult verifyAttributes(ModuleOp module) {
    if (!module->hasAttr(binaryAttrName) || !module->getAttrOfType<ArrayAttr>(scalarsAttrName))
      return module.emitError() << "expected a module with the attributes '" << binaryAttrName << "' and '"
                                << scalarsAttrName << "', an array";
    BinaryFacts facts = BinaryFacts::of(module);
    if (!facts.graphs)
      return module.emitError() << "expected '" << binaryAttrName << "' to have an array 'graphs'";
    for (auto graph : facts.graphs.getAsRange<GraphAttr>())
      if (!module.lookupSymbol<GraphOp>(graph.getName()))
        return module.emitError() << "expected 'graphs' to name graphs of the module, found " << graph.getName();
    return success();
  }

  static LogicalResult verifyOps(ModuleOp module) {
    WalkResult result = module.walk([&](Operation *op) {
      bool isModel = op == module || isa<arith::ConstantOp>(op) ||
                     (op->getName().getDialectNamespace() == SluiceDialect::getDialectNamespace() &&
                      !isa<SlotOp, InputOp, FetchOp, StoreOp, WriteOp>(op));
      if (isModel)
        return WalkResult::advance();
      op->emitError() << "expected only ops that describe a model after import, found '" << op->getName() << "'";
      return WalkResult::interrupt();
    });
    return failure(result.wasInterrupted());
  }
};

} // namespace
