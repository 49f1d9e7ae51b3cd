//===- CodeGen.cpp - From the LLVM dialect to objects and executables --------------===//
#include "passes/CPU/CodeGen.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"

using namespace sluice;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

//===-- Processors -----------------------------------------------------------------===//

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
  processor.name = name == "native" ? llvm::sys::getHostCPUName().str() : name.str();
  if (name == "native")
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

unsigned Processor::getVectorBits() const { return has("avx512f") ? 512 : has("avx2") ? 256 : 128; }

//===-- LLVM IR --------------------------------------------------------------------===//

void sluice::optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  if (machine.getMCSubtargetInfo()->checkFeatures("+avx512f"))
    for (llvm::Function &function : module)
      if (!function.isDeclaration())
        function.addFnAttr("prefer-vector-width", "512");
  llvm::PipelineTuningOptions tuning;
  // Kernels are vectors already; what is left are short loops over scalars.
  tuning.SLPVectorization = false;
  tuning.LoopVectorization = true;
  llvm::PassBuilder builder(&machine, tuning);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2).run(module, modules);
}

std::unique_ptr<llvm::Module> sluice::translateToLLVM(mlir::ModuleOp module, llvm::LLVMContext &context,
                                                      llvm::TargetMachine &machine) {
  mlir::registerBuiltinDialectTranslation(*module.getContext());
  mlir::registerLLVMDialectTranslation(*module.getContext());
  std::unique_ptr<llvm::Module> result = mlir::translateModuleToLLVMIR(module, context);
  if (!result) {
    module.emitError() << "cannot translate to LLVM IR";
    return nullptr;
  }
  result->setTargetTriple(machine.getTargetTriple());
  result->setDataLayout(machine.createDataLayout());
  return result;
}

//===-- Files ----------------------------------------------------------------------===//

Error sluice::writeAtomically(StringRef path, llvm::function_ref<Error(StringRef)> write) {
  llvm::SmallString<128> temporary;
  if (std::error_code code = llvm::sys::fs::createUniqueFile(path + ".%%%%%%%%.tmp", temporary))
    return llvm::createStringError(code, "cannot write '%s': %s", path.str().c_str(), code.message().c_str());
  Error error = write(temporary);
  if (!error)
    if (std::error_code code = llvm::sys::fs::rename(temporary, path))
      error = llvm::createStringError(code, "cannot write '%s': %s", path.str().c_str(), code.message().c_str());
  if (error)
    llvm::sys::fs::remove(temporary);
  return error;
}

Error sluice::writeObject(llvm::Module &module, llvm::TargetMachine &machine, StringRef path) {
  return writeAtomically(path, [&](StringRef temporary) -> Error {
    std::error_code code;
    llvm::raw_fd_ostream stream(temporary, code);
    if (code)
      return llvm::createStringError(code, "cannot write '%s': %s", temporary.str().c_str(), code.message().c_str());
    llvm::legacy::PassManager passes;
    if (machine.addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::ObjectFile))
      return llvm::createStringError("cannot write object files for this processor");
    passes.run(module);
    stream.close();
    if (!stream.has_error())
      return Error::success();
    code = stream.error();
    stream.clear_error();
    return llvm::createStringError(code, "cannot write '%s': %s", path.str().c_str(), code.message().c_str());
  });
}

Error sluice::linkExecutable(StringRef object, StringRef runtimeLibrary, StringRef path) {
  if (!llvm::sys::fs::exists(runtimeLibrary))
    return llvm::createStringError("the runtime library '%s' is missing", runtimeLibrary.str().c_str());
  // The archive is C++: a driver of C++ finds the library that belongs to it.
  std::string driver;
  for (StringRef candidate : {"clang++-22", "clang++", "c++", "g++"})
    if (llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName(candidate)) {
      driver = *found;
      break;
    }
  if (driver.empty())
    return llvm::createStringError("no linker: found none of clang++-22, clang++, c++ and g++ on the PATH");
  return writeAtomically(path, [&](StringRef temporary) -> Error {
    llvm::SmallString<128> log;
    if (std::error_code code = llvm::sys::fs::createTemporaryFile("sluice-link", "log", log))
      return llvm::createStringError(code, "cannot write a temporary file: %s", code.message().c_str());
    llvm::SmallVector<StringRef> arguments = {
        driver, object, runtimeLibrary, "-lpthread", "-lm", "-static-libstdc++", "-static-libgcc", "-o", temporary};
#ifdef SLUICE_LINK_FLAGS
    arguments.push_back(SLUICE_LINK_FLAGS);
#endif
    std::optional<StringRef> redirects[] = {std::nullopt, StringRef(log), StringRef(log)};
    std::string message;
    int code = llvm::sys::ExecuteAndWait(driver, arguments, std::nullopt, redirects, 0, 0, &message);
    if (code == 0) {
      llvm::sys::fs::remove(log);
      return Error::success();
    }
    if (auto text = llvm::MemoryBuffer::getFile(log))
      message += (*text)->getBuffer().rtrim();
    llvm::sys::fs::remove(log);
    return llvm::createStringError("'%s' cannot link the executable: %s", driver.c_str(), message.c_str());
  });
}
