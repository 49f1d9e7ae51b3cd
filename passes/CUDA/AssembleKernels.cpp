//===- AssembleKernels.cpp - Kernels to PTX --------------------------------------------===//
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "passes/CUDA/Card.h"
#include "passes/CUDA/Passes.h"
#include "passes/CUDA/Ptxas.h"
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
    auto kernels = llvm::to_vector(module.getOps<gpu::GPUModuleOp>());
    SmallVector<Attribute> images;
    for (gpu::GPUModuleOp each : kernels) {
      if (failed(addImages(each, target->getArchitecture(), images)))
        return signalPassFailure();
      each.erase();
    }
    if (!images.empty())
      module->setAttr(imagesAttrName, ArrayAttr::get(&getContext(), images));
    module->removeAttr(gpu::GPUDialect::getContainerModuleAttrName());
  }

private:
  /// For one card alone first: drivers compile the others.
  LogicalResult addImages(gpu::GPUModuleOp kernels, StringRef architecture, SmallVectorImpl<Attribute> &images) {
    llvm::Expected<Card> card = Card::get(architecture), least = Card::get("native");
    if (!card || !least)
      return kernels.emitError() << llvm::toString(llvm::joinErrors(card.takeError(), least.takeError()));
    if (card->getCapability() != least->getCapability()) {
      FailureOr<std::string> ptx = assemble(kernels, *card);
      if (failed(ptx))
        return failure();
      if (std::optional<std::string> ptxas = findPtxas()) {
        llvm::Expected<std::string> binary = assemblePtx(*ptxas, *ptx, card->getArchitecture());
        if (!binary)
          return kernels.emitError() << llvm::toString(binary.takeError());
        images.push_back(imageOf("cubin", *card, *binary));
      }
      images.push_back(imageOf("ptx", *card, *ptx));
    }
    FailureOr<std::string> ptx = assemble(kernels, *least);
    if (failed(ptx))
      return failure();
    images.push_back(imageOf("ptx", *least, *ptx));
    return success();
  }

  Attribute imageOf(StringRef kind, const Card &card, StringRef bytes) {
    Builder b(&getContext());
    return ImageAttr::get(&getContext(), b.getStringAttr(kind), b.getStringAttr(card.getArchitecture()),
                          card.getCapability(), b.getStringAttr(bytes));
  }
};
} // namespace
