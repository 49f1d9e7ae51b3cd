//===- Pipeline.cpp - Techniques on the forward graph ---------------------------===//
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "passes/Graph/Passes.h"

using namespace mlir;
using namespace sluice;
using ErrorHandler = llvm::function_ref<LogicalResult(const Twine &)>;

/// What is asked for, in the order in which it runs.
static SmallVector<std::string> techniquesOf(const GraphOptions &options) {
  SmallVector<std::string> techniques;
  auto add = [&](StringRef pass, StringRef passOptions) {
    if (!passOptions.empty())
      techniques.push_back((pass + "{" + passOptions.trim() + "}").str());
  };
  add("sluice-standardization-loss", options.standardizationLoss);
  llvm::append_range(techniques, options.techniques);
  // Gates come last, so that what other techniques add to a layer lies behind its gate.
  add("sluice-insert-layer-drop", options.layerDrop);
  return techniques;
}

/// The first error of the parser, without where in the text it is and what follows from it.
static std::string firstError(StringRef text) {
  StringRef line = text.split('\n').first;
  if (line.starts_with("MLIR Textual PassPipeline Parser"))
    line = line.split("error: ").second;
  line.consume_front("<Pass-Options-Parser>: ");
  return line.trim().str();
}

LogicalResult sluice::buildGraphPipeline(OpPassManager &manager, const GraphOptions &options,
                                         ErrorHandler errorHandler) {
  for (const std::string &technique : techniquesOf(options)) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    if (failed(parsePassPipeline(technique, manager, stream))) {
      std::string error = firstError(text);
      return errorHandler(error.empty() ? error : error + " (technique '" + technique + "')");
    }
    manager.addPass(createRecordTechnique({technique}));
  }
  return success();
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
