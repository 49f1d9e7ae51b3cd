//===- Pipeline.cpp - The lowering as a pipeline -------------------------------------===//
#include "passes/Lowering/Pipeline.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/Passes.h"
#include "passes/CPU/Passes.h"
#include "passes/Lowering/Passes.h"

using namespace mlir;
using namespace sluice;

void sluice::buildBufferPipeline(OpPassManager &manager) {
  manager.addNestedPass<func::FuncOp>(createSluiceToLinalg());
  // Element-by-element work fuses before it has memory; contractions are no generics and stay whole.
  manager.addNestedPass<func::FuncOp>(createLinalgElementwiseOpFusionPass());
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
  // On buffers, so that blocks are plain subviews. Until here kernel ops keep their meaning, for any target.
  manager.addNestedPass<func::FuncOp>(createCPUBlockStrategy());
  manager.addNestedPass<func::FuncOp>(createDecomposeBlocked());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
}

void sluice::buildKernelPipeline(OpPassManager &manager, const LoweringOptions &options) {
  buildBufferPipeline(manager);
  manager.addNestedPass<func::FuncOp>(createDescribeKernels());
  // Contractions first: what remains of linalg is vectorized along one dimension.
  CPUStrategyOptions strategy;
  strategy.cpu = options.cpu;
  strategy.tuneCache = options.tuneCache;
  manager.addNestedPass<func::FuncOp>(createCPUStrategy(strategy));
  manager.addNestedPass<func::FuncOp>(createExpandContractions());
  VectorizeGenericsOptions vectorize;
  vectorize.vectorBits = options.vectorBits;
  manager.addNestedPass<func::FuncOp>(createVectorizeGenerics(vectorize));
  // Views are repeated in the bodies of parallel loops, so they are folded first.
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createOutlineParallel());
  // Every allocation is in its final function now.
  manager.addPass(createPlanScratch());
  manager.addPass(createApproximateMath());
}

void sluice::buildLLVMPipeline(OpPassManager &manager, const LoweringOptions &options) {
  manager.addPass(createLowerToLLVM());
  // Descriptors of buffers fold away in one sweep; there is no point in looking for more.
  GreedyRewriteConfig once;
  once.setMaxIterations(1).setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
  manager.addPass(createCanonicalizerPass(once));
  manager.addPass(createCSEPass());
  ExportTableOptions table;
  table.processor = options.processor;
  table.features = options.features;
  manager.addPass(createExportTable(table));
}

void sluice::buildLoweringPipeline(OpPassManager &manager, const LoweringOptions &options) {
  buildKernelPipeline(manager, options);
  buildLLVMPipeline(manager, options);
}

void sluice::registerLoweringPipelines() {
  PassPipelineRegistration<LoweringOptions>(
      "sluice-kernels", "tensors -> vector code on buffers, threads, planned memory", buildKernelPipeline);
  PassPipelineRegistration<LoweringOptions>("sluice-llvm", "buffers -> the LLVM dialect", buildLLVMPipeline);
  PassPipelineRegistration<LoweringOptions>("sluice-lower", "sluice-kernels, then sluice-llvm", buildLoweringPipeline);
}
