//===- Passes.h - The graph phase ----------------------------------------------===//
//
// Techniques: rewrites of the forward graph, before it is differentiated. Each is a pass that a user may leave out.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_GRAPH_PASSES_H
#define SLUICE_PASSES_GRAPH_PASSES_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassOptions.h"
#include <string>

namespace sluice {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Graph/Passes.h.inc"

/// The techniques: pipelines of passes on the module, "my-pass{option=1}" or "sluice.graph(my-pass)". Those of Sluice
/// have an option of their own, which holds the options of their pass, "theta=0.5 gamma=0.001"; empty, they are left
/// out.
struct GraphOptions : mlir::PassPipelineOptions<GraphOptions> {
  Option<std::string> standardizationLoss{*this, "standardization-loss",
                                          llvm::cl::desc("Options of sluice-standardization-loss")};
  ListOption<std::string> techniques{*this, "techniques",
                                     llvm::cl::desc("Pipelines of passes on the forward graph, in their order")};
  Option<std::string> layerDrop{*this, "layer-drop", llvm::cl::desc("Options of sluice-insert-layer-drop")};
};

/// Rewrites of the forward graph by registered passes. Fails through the handler, with one line, where there is no such
/// pass or where it has no such option; the line is empty if a bad value was reported on stderr before.
mlir::LogicalResult buildGraphPipeline(mlir::OpPassManager &manager, const GraphOptions &options,
                                       llvm::function_ref<mlir::LogicalResult(const llvm::Twine &)> errorHandler);

/// Makes `sluice-graph` known to the command line.
void registerGraphPipelines();
} // namespace sluice

#endif // SLUICE_PASSES_GRAPH_PASSES_H
