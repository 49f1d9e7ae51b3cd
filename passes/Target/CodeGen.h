//===- CodeGen.h - From the LLVM dialect to objects ----------------------------------===//
#ifndef SLUICE_PASSES_TARGET_CODEGEN_H
#define SLUICE_PASSES_TARGET_CODEGEN_H

#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>

namespace sluice {

/// The module as LLVM IR for the processor of `machine`, not optimized yet; null after an error was emitted. The result
/// refers to `context`, which outlives it.
std::unique_ptr<llvm::Module> translateToLLVM(mlir::ModuleOp module, llvm::LLVMContext &context,
                                              llvm::TargetMachine &machine);

/// Optimizes for the processor of `machine`.
void optimize(llvm::Module &module, llvm::TargetMachine &machine);

/// Writes an object file; leaves either the complete file or none. The error names the file and what went wrong.
llvm::Error writeObject(llvm::Module &module, llvm::TargetMachine &machine, llvm::StringRef path);

} // namespace sluice

#endif // SLUICE_PASSES_TARGET_CODEGEN_H
