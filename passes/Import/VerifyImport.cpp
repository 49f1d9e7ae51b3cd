//===- VerifyImport.cpp - Checks what the import phase leaves ---------------------------===//
#include "dialects/Sluice/SluiceDialect.h"
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
    auto binary = module->getAttrOfType<DictionaryAttr>(binaryAttrName);
    if (!binary || !module->getAttrOfType<ArrayAttr>(scalarsAttrName))
      return module.emitError() << "expected a module with the attributes '" << binaryAttrName
                                << "', a dictionary, and '" << scalarsAttrName << "', an array";
    auto graphs = binary.getAs<ArrayAttr>("graphs");
    if (!graphs)
      return module.emitError() << "expected '" << binaryAttrName << "' to have an array 'graphs'";
    for (Attribute graph : graphs) {
      auto name = dyn_cast<StringAttr>(graph);
      if (!name || !module.lookupSymbol<GraphOp>(name))
        return module.emitError() << "expected 'graphs' to name graphs of the module, found " << graph;
    }
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
