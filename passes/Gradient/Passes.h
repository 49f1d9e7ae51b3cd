//===- Passes.h - The gradient phase -------------------------------------------===//
//
// From graphs to functions and actions: layers are grouped and differentiated, the optimizer is added, and what
// backward needs of forward is joined or repeated.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_GRADIENT_PASSES_H
#define SLUICE_PASSES_GRADIENT_PASSES_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassOptions.h"
#include <string>

namespace sluice {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/Gradient/Passes.h.inc"

/// The options of the passes of this phase that have any, by the same names; stages are assigned where one of their
/// options is given.
struct GradientOptions : mlir::PassPipelineOptions<GradientOptions> {
  Option<int64_t> microBatches{*this, "microbatches", llvm::cl::desc("Micro-batches of a step"), llvm::cl::init(1)};
  Option<std::string> optimizer{*this, "optimizer", llvm::cl::desc("adamw, sgd or muon"), llvm::cl::init("adamw")};
  Option<std::string> droppedState{*this, "dropped-state",
                                   llvm::cl::desc("Parameters of layers that a step drops: move or skip"),
                                   llvm::cl::init("move")};
  Option<std::string> tiedGradients{*this, "tied-gradients",
                                    llvm::cl::desc("Gradients of the uses of a tied parameter: sum or mean"),
                                    llvm::cl::init("sum")};
  Option<std::string> lossScale{*this, "loss-scale", llvm::cl::desc("none, a number above 0 or dynamic"),
                                llvm::cl::init("none")};
  Option<int64_t> stages{*this, "stages", llvm::cl::desc("Stages; 0: as many as partition has, or none"),
                         llvm::cl::init(0)};
  Option<std::string> partition{*this, "partition", llvm::cl::desc("Layers a stage, such as 3,6,3")};
  Option<std::string> schedule{*this, "schedule", llvm::cl::desc("One of those of sluice-schedule"),
                               llvm::cl::init("sequential")};
  Option<int> devices{*this, "devices", llvm::cl::desc("Devices of a replica; 0: one a stage"), llvm::cl::init(0)};
  Option<int> replicas{*this, "replicas", llvm::cl::desc("Copies of the pipeline, which divide the micro-batches"),
                       llvm::cl::init(1)};
  Option<int64_t> memoryLimit{*this, "memory-limit", llvm::cl::desc("Bytes of a device; 0: no limit"),
                              llvm::cl::init(0)};
  Option<std::string> recompute{*this, "recompute", llvm::cl::desc("What backward repeats: none, layer, stage or auto"),
                                llvm::cl::init("none")};
  Option<bool> predictedWeights{*this, "predicted-weights",
                                llvm::cl::desc("Whether late stages read weights that are predicted for their update"),
                                llvm::cl::init(false)};
  Option<bool> currentWeights{*this, "current-weights",
                              llvm::cl::desc("Whether late backwards repeat their stage with the newest weights"),
                              llvm::cl::init(false)};
  Option<int> tiedDelay{*this, "tied-delay",
                        llvm::cl::desc("1: gradients of a tied parameter by its own stage wait for the next step"),
                        llvm::cl::init(0)};
  Option<std::string> profile{*this, "profile",
                              llvm::cl::desc("What a program measured of its stages; empty: estimates")};
  Option<int> groups{*this, "reduction-groups",
                     llvm::cl::desc("Groups of micro-batches that are summed by themselves; 0: as many as replicas"),
                     llvm::cl::init(0)};
};

/// Adds the first passes of the gradient pipeline to `manager`, which runs on a module: up to the stages of layers,
/// where a graph still has its layers. The options are read at once.
void buildStagePipeline(mlir::OpPassManager &manager, const GradientOptions &options);

/// Adds all passes to `manager`, in the same way.
void buildGradientPipeline(mlir::OpPassManager &manager, const GradientOptions &options);

/// Makes `sluice-gradient` known to the command line.
void registerGradientPipelines();
} // namespace sluice

#endif // SLUICE_PASSES_GRADIENT_PASSES_H
