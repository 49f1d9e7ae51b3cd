//===- Pipeline.cpp - NVIDIA GPUs as a target ------------------------------------------===//
#include "passes/CUDA/Pipeline.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Blocked/Passes.h"
#include "passes/Buffers/Passes.h"
#include "passes/CUDA/Card.h"
#include "passes/CUDA/Passes.h"
#include "passes/Numerics/Passes.h"
#include "passes/Target/CodeGen.h"
#include "passes/Target/Target.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;
using namespace sluice;

/// For the object that has the table: code of the host there is none.
static std::unique_ptr<llvm::TargetMachine> createHostMachine() {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::Triple triple(llvm::sys::getProcessTriple());
  std::string error;
  const llvm::Target *host = llvm::TargetRegistry::lookupTarget(triple, error);
  return std::unique_ptr<llvm::TargetMachine>(
      host ? host->createTargetMachine(triple, /*CPU=*/"", /*Features=*/"", {}, llvm::Reloc::PIC_) : nullptr);
}

namespace {
class CUDATarget : public Target {
public:
  explicit CUDATarget(Card card) : card(std::move(card)) {}

  TargetAttrInterface describe(MLIRContext *context) const override { return card.describe(context); }

  bool gainsFromNarrowFactors() const override { return true; }

  void buildKernelPipeline(OpPassManager &manager, StringRef tuneCache) const override {
    // Here for ops that become kernels as they are, and below for those that become loops.
    manager.addNestedPass<func::FuncOp>(createDescribeKernels());
    manager.addNestedPass<func::FuncOp>(createCUDAAttention());
    manager.addNestedPass<func::FuncOp>(createTableRowKernels());
    manager.addNestedPass<func::FuncOp>(createCUDABlockStrategy());
    // On buffers, so that blocks are plain subviews.
    manager.addNestedPass<func::FuncOp>(createDecomposeBlocked());
    manager.addNestedPass<func::FuncOp>(createUnrollLoops());
    manager.addPass(createCanonicalizerPass());
    manager.addPass(createCSEPass());
    manager.addNestedPass<func::FuncOp>(createDescribeKernels());
    // Contractions first: they take the element-wise ops beside them.
    manager.addNestedPass<func::FuncOp>(createCUDAStrategy());
    manager.addNestedPass<func::FuncOp>(createCUDAContractions());
    manager.addNestedPass<func::FuncOp>(createTotalKernels());
    manager.addNestedPass<func::FuncOp>(createRowKernels());
    manager.addNestedPass<func::FuncOp>(createColumnKernels());
    manager.addNestedPass<func::FuncOp>(createElementwiseKernels());
    manager.addNestedPass<func::FuncOp>(createSerialKernels());
    manager.addNestedPass<func::FuncOp>(createScalarKernels());
    manager.addPass(createCanonicalizerPass());
    manager.addPass(createPlanScratch());
    manager.addPass(createOutlineKernels());
    manager.addPass(createPlanLaunches());
    manager.addPass(createBatchLaunches());
    ApproximateMathOptions functions;
    functions.libm = false;
    manager.addPass(createApproximateMath(functions));
  }

  void buildCodePipeline(OpPassManager &manager) const override {
    manager.addPass(createLowerKernels());
    manager.addPass(createAssembleKernels());
  }

  llvm::Error writeObject(ModuleOp module, StringRef path) const override {
    // Of actions all is in the table.
    OwningOpRef<ModuleOp> table = module.clone();
    for (auto action : llvm::make_early_inc_range(table->getOps<func::FuncOp>()))
      action.erase();
    std::unique_ptr<llvm::TargetMachine> machine = createHostMachine();
    if (!machine)
      return llvm::createStringError("cannot generate code for this machine");
    llvm::LLVMContext context;
    std::unique_ptr<llvm::Module> translated = translateToLLVM(*table, context, *machine);
    if (!translated)
      return llvm::createStringError("no LLVM IR could be made");
    return sluice::writeObject(*translated, *machine, path);
  }

private:
  Card card;
};
} // namespace

static llvm::Expected<std::unique_ptr<Target>> createCUDATarget(StringRef architecture) {
  llvm::Expected<Card> card = Card::get(architecture);
  if (!card)
    return card.takeError();
  return std::make_unique<CUDATarget>(std::move(*card));
}

void sluice::registerCUDATarget() {
  registerTarget({"cuda", [](DialectRegistry &registry) { registry.insert<cuda::CUDADialect, gpu::GPUDialect>(); },
                  createCUDATarget});
}
