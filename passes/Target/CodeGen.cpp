//===- CodeGen.cpp - From the LLVM dialect to objects ---------------------------------===//
#include "passes/Target/CodeGen.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "passes/Target/Executable.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/raw_ostream.h"

using namespace sluice;
using llvm::Error;
using llvm::StringRef;

void sluice::optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  if (machine.getTargetTriple().isX86() && machine.getMCSubtargetInfo()->checkFeatures("+avx512f"))
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
