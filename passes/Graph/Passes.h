//===- Passes.h - The graph phase ----------------------------------------------===//
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

/// The options of each technique's pass, "theta=0.5 gamma=0.001"; a technique without options given is left out.
struct GraphOptions : mlir::PassPipelineOptions<GraphOptions> {
  Option<std::string> standardizationLoss{*this, "standardization-loss",
                                          llvm::cl::desc("Options of sluice-standardization-loss")};
  Option<std::string> layerDrop{*this, "layer-drop", llvm::cl::desc("Options of sluice-insert-layer-drop")};
};

/// Rewrites of the forward graph. Fails through the handler where a technique has no such option.
mlir::LogicalResult buildGraphPipeline(mlir::OpPassManager &manager, const GraphOptions &options,
                                       llvm::function_ref<mlir::LogicalResult(const llvm::Twine &)> errorHandler);

/// Makes `sluice-graph` known to the command line.
void registerGraphPipelines();
} // namespace sluice

#endif // SLUICE_PASSES_GRAPH_PASSES_H
