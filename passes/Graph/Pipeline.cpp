//===- Pipeline.cpp - Techniques on the forward graph ---------------------------===//
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "passes/Graph/Passes.h"

using namespace mlir;
using namespace sluice;
using ErrorHandler = llvm::function_ref<LogicalResult(const Twine &)>;

static LogicalResult addTechnique(OpPassManager &manager, std::unique_ptr<Pass> pass, StringRef options,
                                  ErrorHandler errorHandler) {
  if (options.empty())
    return success();
  if (failed(pass->initializeOptions(options, errorHandler)))
    return failure();
  manager.addPass(std::move(pass));
  return success();
}

LogicalResult sluice::buildGraphPipeline(OpPassManager &manager, const GraphOptions &options,
                                         ErrorHandler errorHandler) {
  // Before gates, so that the terms of a layer lie behind its gate.
  if (failed(addTechnique(manager, createStandardizationLoss(), options.standardizationLoss, errorHandler)))
    return failure();
  return addTechnique(manager, createInsertLayerDrop(), options.layerDrop, errorHandler);
}

void sluice::registerGraphPipelines() {
  auto build = [](OpPassManager &manager, StringRef text, ErrorHandler errorHandler) -> LogicalResult {
    GraphOptions options;
    if (failed(options.parseFromString(text)))
      return failure();
    return buildGraphPipeline(manager, options, errorHandler);
  };
  registerPassPipeline(
      "sluice-graph", "techniques on the forward graph", build,
      [](llvm::function_ref<void(const mlir::detail::PassOptions &)> visit) { visit(GraphOptions()); });
}
