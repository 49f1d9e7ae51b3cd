//===- Card.cpp - NVIDIA GPUs as LLVM knows them ---------------------------------------===//
#include "passes/CUDA/Card.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"

// LLVM declares the initialization of the targets of its build together; a program needs NVPTX beside the host's.
extern "C" {
void LLVMInitializeNVPTXTargetInfo();
void LLVMInitializeNVPTXTarget();
void LLVMInitializeNVPTXTargetMC();
void LLVMInitializeNVPTXAsmPrinter();
}

using namespace sluice;
using llvm::StringRef;

static constexpr StringRef leastArchitecture = "sm_80";
static const llvm::Triple triple("nvptx64-nvidia-cuda");

static const llvm::Target *lookupTarget() {
  LLVMInitializeNVPTXTargetInfo();
  LLVMInitializeNVPTXTarget();
  LLVMInitializeNVPTXTargetMC();
  LLVMInitializeNVPTXAsmPrinter();
  std::string error;
  return llvm::TargetRegistry::lookupTarget(triple, error);
}

/// The version of PTX, ten times: as old as possible, so that old drivers take it.
static int64_t versionFor(int64_t capability) { return capability >= 120 ? 87 : capability >= 100 ? 86 : 78; }

llvm::Expected<Card> Card::get(StringRef name) {
  Card card;
  card.architecture = (name == "native" ? leastArchitecture : name).str();
  StringRef number = card.architecture;
  const llvm::Target *target = lookupTarget();
  if (!target)
    return llvm::createStringError("this LLVM has no NVPTX back end");
  std::unique_ptr<llvm::MCSubtargetInfo> generic(target->createMCSubtargetInfo(triple, "", ""));
  bool isNumber = number.consume_front("sm_") && !number.consumeInteger(10, card.capability);
  if (!isNumber || !generic || !generic->isCPUStringValid(card.architecture))
    return llvm::createStringError("unknown architecture '%s', expected sm_80 or later, such as sm_90",
                                   card.architecture.c_str());
  if (card.capability < cuda::leastCapability)
    return llvm::createStringError("expected an architecture of at least sm_80, found '%s'", card.architecture.c_str());
  return card;
}

cuda::TargetAttr Card::describe(mlir::MLIRContext *context) const {
  return cuda::TargetAttr::get(context, architecture, capability);
}

std::unique_ptr<llvm::TargetMachine> Card::createTargetMachine() const {
  llvm::TargetOptions options;
  // Only what is written as a fused multiply-add becomes one.
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  return std::unique_ptr<llvm::TargetMachine>(lookupTarget()->createTargetMachine(
      triple, architecture, "+ptx" + std::to_string(versionFor(capability)), options, llvm::Reloc::PIC_,
      llvm::CodeModel::Small, llvm::CodeGenOptLevel::Aggressive));
}
