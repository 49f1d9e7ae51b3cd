//===- AssembleKernels.cpp - Kernels to PTX --------------------------------------------===//
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "passes/CUDA/Card.h"
#include "passes/CUDA/Passes.h"
#include "passes/Target/CodeGen.h"
#include "llvm/IR/LegacyPassManager.h"

namespace sluice {
#define GEN_PASS_DEF_ASSEMBLEKERNELS
#include "passes/CUDA/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

/// The kernels as PTX for an architecture; nothing after an error at `kernels`.
static FailureOr<std::string> assemble(gpu::GPUModuleOp kernels, const Card &card) {
  std::unique_ptr<llvm::TargetMachine> machine = card.createTargetMachine();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module = translateModuleToLLVMIR(kernels, context, kernels.getName());
  if (!machine || !module)
    return kernels.emitError() << "cannot translate the kernels for " << card.getArchitecture();
  module->setTargetTriple(machine->getTargetTriple());
  module->setDataLayout(machine->createDataLayout());
  optimize(*module, *machine);
  llvm::SmallString<0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::AssemblyFile))
    return kernels.emitError() << "cannot write PTX for " << card.getArchitecture();
  passes.run(*module);
  return text.str().str();
}

namespace {
struct AssembleKernels : sluice::impl::AssembleKernelsBase<AssembleKernels> {
  void getDependentDialects(DialectRegistry &registry) const override {
    AssembleKernelsBase::getDependentDialects(registry);
    registerBuiltinDialectTranslation(registry);
    registerGPUDialectTranslation(registry);
    registerLLVMDialectTranslation(registry);
    registerNVVMDialectTranslation(registry);
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    FailureOr<cuda::TargetAttr> target = cuda::targetOf(module);
    if (failed(target))
      return signalPassFailure();
    llvm::Expected<Card> card = Card::get(target->getArchitecture());
    if (!card) {
      module.emitError() << llvm::toString(card.takeError());
      return signalPassFailure();
    }
    SmallVector<Attribute> images;
    for (auto kernels : llvm::make_early_inc_range(module.getOps<gpu::GPUModuleOp>())) {
      FailureOr<std::string> ptx = assemble(kernels, *card);
      if (failed(ptx))
        return signalPassFailure();
      Builder builder(&getContext());
      images.push_back(ImageAttr::get(&getContext(), builder.getStringAttr("ptx"),
                                      builder.getStringAttr(card->getArchitecture()), card->getCapability(),
                                      builder.getStringAttr(*ptx)));
      kernels.erase();
    }
    if (!images.empty())
      module->setAttr(imagesAttrName, ArrayAttr::get(&getContext(), images));
    module->removeAttr(gpu::GPUDialect::getContainerModuleAttrName());
  }
};
} // namespace
