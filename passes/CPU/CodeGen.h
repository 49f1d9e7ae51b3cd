//===- CodeGen.h - From the LLVM dialect to objects and executables ----------------===//
#ifndef SLUICE_PASSES_CPU_CODEGEN_H
#define SLUICE_PASSES_CPU_CODEGEN_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>
#include <string>

namespace sluice {

/// A processor to generate code for.
class Processor {
public:
  /// `native`, or a name that LLVM knows: `x86-64-v3`, `x86-64-v4`, `znver4`. The error says which name is unknown.
  static llvm::Expected<Processor> get(llvm::StringRef name);

  /// "znver3"
  llvm::StringRef getName() const { return name; }
  /// What code for it may use, as /proc/cpuinfo names it: "avx2,fma".
  std::string getRequiredFeatures() const;
  /// Bits of its widest vector register of floats: 128, 256 or 512.
  unsigned getVectorBits() const;
  bool has(llvm::StringRef llvmFeature) const;

  std::unique_ptr<llvm::TargetMachine> createTargetMachine() const;

private:
  std::string name, features; // features as LLVM writes them: "+avx2,-sse4a"
  std::shared_ptr<llvm::TargetMachine> machine;
};

/// The module as LLVM IR for the processor of `machine`, not optimized yet; null after an error was emitted.
std::unique_ptr<llvm::Module> translateToLLVM(mlir::ModuleOp module, llvm::LLVMContext &context,
                                              llvm::TargetMachine &machine);

/// Optimizes for the processor of `machine`.
void optimize(llvm::Module &module, llvm::TargetMachine &machine);

/// Writes an object file. Like all writers here it leaves either the complete file or none.
llvm::Error writeObject(llvm::Module &module, llvm::TargetMachine &machine, llvm::StringRef path);

/// Writes an executable of the object file and the runtime library with the system's compiler driver.
llvm::Error linkExecutable(llvm::StringRef object, llvm::StringRef runtimeLibrary, llvm::StringRef path);

/// Calls `write` with the name of a temporary file beside `path` and moves the file to `path` if that succeeds.
llvm::Error writeAtomically(llvm::StringRef path, llvm::function_ref<llvm::Error(llvm::StringRef)> write);

} // namespace sluice

#endif // SLUICE_PASSES_CPU_CODEGEN_H
