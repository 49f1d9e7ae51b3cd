//===- Pipeline.cpp - The CPU as a target ----------------------------------------------===//
#include "passes/CPU/Pipeline.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Blocked/Passes.h"
#include "passes/Buffers/Passes.h"
#include "passes/CPU/Passes.h"
#include "passes/CPU/Processor.h"
#include "passes/Numerics/Passes.h"
#include "passes/Target/CodeGen.h"
#include "passes/Target/Target.h"

using namespace mlir;
using namespace sluice;

void sluice::buildCPUBlockPipeline(OpPassManager &manager) {
  manager.addNestedPass<func::FuncOp>(createCPUInputs());
  manager.addNestedPass<func::FuncOp>(createCPUBlocks());
  manager.addNestedPass<func::FuncOp>(createCPUBlockStrategy());
  // On buffers, so that blocks are plain subviews.
  manager.addNestedPass<func::FuncOp>(createDecomposeBlocked());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
}

namespace {
class CPUTarget : public Target {
public:
  explicit CPUTarget(Processor processor) : processor(std::move(processor)) {}

  TargetAttrInterface describe(MLIRContext *context) const override { return processor.describe(context); }

  bool gainsFromNarrowFactors() const override { return false; }

  void buildKernelPipeline(OpPassManager &manager, StringRef tuneCache) const override {
    buildCPUBlockPipeline(manager);
    manager.addNestedPass<func::FuncOp>(createDescribeKernels());
    // Contractions first: what remains of linalg is vectorized along one dimension.
    CPUStrategyOptions strategy;
    strategy.tuneCache = tuneCache.str();
    manager.addNestedPass<func::FuncOp>(createCPUStrategy(strategy));
    manager.addNestedPass<func::FuncOp>(createExpandContractions());
    manager.addNestedPass<func::FuncOp>(createVectorizeGenerics());
    // Views are repeated in the bodies of parallel loops, so they are folded first.
    manager.addPass(createCanonicalizerPass());
    manager.addPass(createCSEPass());
    manager.addPass(createOutlineParallel());
    // Every allocation is in its final function now.
    manager.addPass(createPlanScratch());
    manager.addPass(createApproximateMath());
  }

  void buildCodePipeline(OpPassManager &manager) const override {
    manager.addPass(createLowerToLLVM());
    // Descriptors of buffers fold away in one sweep; there is no point in looking for more.
    GreedyRewriteConfig once;
    once.setMaxIterations(1).setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled);
    manager.addPass(createCanonicalizerPass(once));
    manager.addPass(createCSEPass());
  }

  llvm::Error writeObject(ModuleOp module, StringRef path) const override {
    std::unique_ptr<llvm::TargetMachine> machine = processor.createTargetMachine();
    llvm::LLVMContext context;
    std::unique_ptr<llvm::Module> translated = translateToLLVM(module, context, *machine);
    if (!translated)
      return llvm::createStringError("no LLVM IR could be made");
    optimize(*translated, *machine);
    return sluice::writeObject(*translated, *machine, path);
  }

private:
  Processor processor;
};
} // namespace

static llvm::Expected<std::unique_ptr<Target>> createCPUTarget(StringRef name) {
  llvm::Expected<Processor> processor = Processor::get(name);
  if (!processor)
    return processor.takeError();
  return std::make_unique<CPUTarget>(std::move(*processor));
}

void sluice::registerCPUTarget() {
  registerTarget({"cpu", [](DialectRegistry &registry) { registry.insert<cpu::CPUDialect>(); }, createCPUTarget});
}
