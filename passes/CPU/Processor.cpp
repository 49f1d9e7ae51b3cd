//===- Processor.cpp - Processors as LLVM knows them ----------------------------------===//
#include "passes/CPU/Processor.h"
#include "passes/Build/CacheLines.h"
#include "passes/CPU/VectorUnit.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/Threading.h"
#include "llvm/TargetParser/Host.h"

using namespace sluice;
using llvm::Expected;
using llvm::StringRef;

/// Of a processor that is not this one.
static constexpr int64_t usualThreads = 2;

namespace {
/// A feature as LLVM and as /proc/cpuinfo names it.
struct FeatureName {
  StringRef llvm, kernel;
};
} // namespace

static const FeatureName featureNames[] = {{"sse3", "pni"},
                                           {"ssse3", "ssse3"},
                                           {"sse4.1", "sse4_1"},
                                           {"sse4.2", "sse4_2"},
                                           {"popcnt", "popcnt"},
                                           {"movbe", "movbe"},
                                           {"lzcnt", "abm"},
                                           {"bmi", "bmi1"},
                                           {"bmi2", "bmi2"},
                                           {"f16c", "f16c"},
                                           {"avx", "avx"},
                                           {"avx2", "avx2"},
                                           {"fma", "fma"},
                                           {"avxvnni", "avx_vnni"},
                                           {"avx512f", "avx512f"},
                                           {"avx512cd", "avx512cd"},
                                           {"avx512bw", "avx512bw"},
                                           {"avx512dq", "avx512dq"},
                                           {"avx512vl", "avx512vl"},
                                           {"avx512ifma", "avx512ifma"},
                                           {"avx512vbmi", "avx512vbmi"},
                                           {"avx512vbmi2", "avx512_vbmi2"},
                                           {"avx512vnni", "avx512_vnni"},
                                           {"avx512bitalg", "avx512_bitalg"},
                                           {"avx512vpopcntdq", "avx512_vpopcntdq"},
                                           {"avx512bf16", "avx512_bf16"},
                                           {"avx512fp16", "avx512_fp16"},
                                           {"amx-tile", "amx_tile"},
                                           {"amx-bf16", "amx_bf16"}};

Expected<Processor> Processor::get(StringRef name) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::InitializeNativeTargetAsmParser();
  Processor processor;
  processor.isNative = name == "native";
  processor.name = processor.isNative ? llvm::sys::getHostCPUName().str() : name.str();
  if (processor.isNative)
    for (const auto &[feature, present] : llvm::sys::getHostCPUFeatures()) {
      // The operating system may keep what the model's name promises.
      processor.features += (processor.features.empty() ? "" : ",") + std::string(present ? "+" : "-") + feature.str();
    }
  std::string error;
  llvm::Triple triple(llvm::sys::getProcessTriple());
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return llvm::createStringError("%s", error.c_str());
  std::unique_ptr<llvm::MCSubtargetInfo> generic(target->createMCSubtargetInfo(triple, "", ""));
  if (!generic || !generic->isCPUStringValid(processor.name))
    return llvm::createStringError("unknown processor '%s'", processor.name.c_str());
  processor.machine = processor.createTargetMachine();
  if (!processor.machine)
    return llvm::createStringError("cannot generate code for '%s'", processor.name.c_str());
  return processor;
}

std::unique_ptr<llvm::TargetMachine> Processor::createTargetMachine() const {
  std::string error;
  llvm::Triple triple(llvm::sys::getProcessTriple());
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return nullptr;
  llvm::TargetOptions options;
  // Only what is written as a fused multiply-add becomes one.
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, name, features, options, llvm::Reloc::PIC_, llvm::CodeModel::Small, llvm::CodeGenOptLevel::Default));
}

bool Processor::has(StringRef feature) const {
  return machine->getMCSubtargetInfo()->checkFeatures(("+" + feature).str());
}

std::string Processor::getRequiredFeatures() const {
  std::string list;
  for (const FeatureName &feature : featureNames)
    if (has(feature.llvm))
      list += (list.empty() ? "" : ",") + feature.kernel.str();
  return list;
}

cpu::TargetAttr Processor::describe(mlir::MLIRContext *context) const {
  std::string features = getRequiredFeatures();
  int64_t threads = isNative ? int64_t(llvm::hardware_concurrency().compute_thread_count()) : usualThreads;
  return cpu::TargetAttr::get(context, name, features, VectorUnit::find(features).vectorBits, threads,
                              bytesOfCacheLine);
}
