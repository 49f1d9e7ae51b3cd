//===- Pipeline.cpp - From tensors to a target's code --------------------------------===//
#include "passes/Target/Pipeline.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Buffers/Passes.h"
#include "passes/Numerics/Passes.h"
#include "passes/Table/Passes.h"
#include "passes/Target/Passes.h"
#include "passes/Target/Target.h"
#include "passes/Tensors/Passes.h"

using namespace mlir;
using namespace sluice;

void sluice::buildBufferPipeline(OpPassManager &manager, const LoweringOptions &options) {
  SetTargetOptions target;
  target.kind = options.kind;
  target.processor = options.processor;
  manager.addPass(createSetTarget(target));
  manager.addNestedPass<func::FuncOp>(createNarrowFactors());
  manager.addNestedPass<func::FuncOp>(createSluiceToLinalg());
  // Element-by-element work fuses before it has memory.
  manager.addNestedPass<func::FuncOp>(createFuseElementwise());
  // No common subexpressions from here to buffers: two sums that start from one tensor of zeros would need a copy of
  // it. Places first: destinations are views of them.
  manager.addPass(createPlanSlots());
  manager.addPass(createDestinationPassing());
  // A part of a larger result is computed in its place, not inserted there.
  manager.addPass(bufferization::createEmptyTensorEliminationPass());
  bufferization::OneShotBufferizePassOptions bufferize;
  bufferize.bufferizeFunctionBoundaries = false;
  manager.addPass(bufferization::createOneShotBufferizePass(bufferize));
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addNestedPass<func::FuncOp>(createForwardCopies());
}

/// The target of the options; null where there is none, which `sluice-set-target`, the first pass of every pipeline
/// that needs one, reports.
static std::unique_ptr<Target> targetOf(const LoweringOptions &options) {
  llvm::Expected<std::unique_ptr<Target>> target = createTarget(options.kind, options.processor);
  if (target)
    return std::move(*target);
  llvm::consumeError(target.takeError());
  return nullptr;
}

void sluice::buildKernelPipeline(OpPassManager &manager, const LoweringOptions &options) {
  buildBufferPipeline(manager, options);
  if (std::unique_ptr<Target> target = targetOf(options))
    target->buildKernelPipeline(manager, options.tuneCache);
}

void sluice::buildLLVMPipeline(OpPassManager &manager, const LoweringOptions &options) {
  if (std::unique_ptr<Target> target = targetOf(options))
    target->buildCodePipeline(manager);
  manager.addPass(createExportTable());
}

void sluice::buildLoweringPipeline(OpPassManager &manager, const LoweringOptions &options) {
  buildKernelPipeline(manager, options);
  buildLLVMPipeline(manager, options);
}

void sluice::registerLoweringPipelines() {
  PassPipelineRegistration<LoweringOptions>("sluice-buffers", "tensors -> buffers, for every target",
                                            buildBufferPipeline);
  PassPipelineRegistration<LoweringOptions>("sluice-kernels", "tensors -> the target's kernels on planned memory",
                                            buildKernelPipeline);
  PassPipelineRegistration<LoweringOptions>("sluice-llvm", "kernels -> the LLVM dialect and the table",
                                            buildLLVMPipeline);
  PassPipelineRegistration<LoweringOptions>("sluice-lower", "sluice-kernels, then sluice-llvm", buildLoweringPipeline);
}
