//===- Passes.h - The gradient phase -------------------------------------------===//
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

struct GradientOptions : mlir::PassPipelineOptions<GradientOptions> {
  Option<int64_t> microBatches{*this, "microbatches", llvm::cl::desc("Micro-batches of a step"), llvm::cl::init(1)};
  Option<std::string> optimizer{*this, "optimizer", llvm::cl::desc("adamw, sgd or muon"), llvm::cl::init("adamw")};
  Option<std::string> droppedState{*this, "dropped-state",
                                   llvm::cl::desc("Parameters of layers that a step drops: move or skip"),
                                   llvm::cl::init("move")};
};

/// From graphs to functions and actions.
void buildGradientPipeline(mlir::OpPassManager &manager, const GradientOptions &options);

/// Makes `sluice-gradient` known to the command line.
void registerGradientPipelines();
} // namespace sluice

#endif // SLUICE_PASSES_GRADIENT_PASSES_H
