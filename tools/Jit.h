//===- Jit.h - Generated code in this process -----------------------------------------===//
#ifndef SLUICE_TOOLS_JIT_H
#define SLUICE_TOOLS_JIT_H

#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/IR/BuiltinOps.h"
#include "passes/CPU/Processor.h"
#include "runtime/abi.h"
#include "runtime/cpu/Memory.h"
#include "runtime/cpu/Pool.h"
#include "tools/JitMemory.h"
#include <memory>

namespace sluice {

/// The compiled functions of a module in the LLVM dialect, and a pool of threads for them.
class Jit {
public:
  static llvm::Expected<std::unique_ptr<Jit>> create(mlir::ModuleOp module, const Processor &processor);

  llvm::Expected<void *> lookup(llvm::StringRef symbol) { return engine->lookup(symbol); }
  /// Calls a function whose parameters are all pointers.
  llvm::Error call(llvm::StringRef function, llvm::MutableArrayRef<void *> arguments);

  /// Starts the threads; each has `threadScratchBytes`.
  void startPool(unsigned threads, int64_t threadScratchBytes) {
    pool = std::make_unique<sluice_pool>(threads, threadScratchBytes);
    step.pool = pool.get();
  }

  sluice_step step = {};

private:
  std::unique_ptr<sluice_pool> pool;
  JitMemory memory; // of the engine, which goes first
  std::unique_ptr<mlir::ExecutionEngine> engine;
};

/// One function of a lowered module, with the scratch memory that it asks for.
class JitFunction {
public:
  static llvm::Expected<JitFunction> create(mlir::ModuleOp module, llvm::StringRef name, const Processor &processor);

  void startPool(unsigned threads) { jit->startPool(threads, threadScratchBytes); }
  /// Calls the function on its operands, each a pointer to data; the step, if it has that parameter, and the scratch go
  /// before them.
  llvm::Error call(llvm::ArrayRef<void *> operands, bool hasStep = true);

private:
  std::string name;
  std::unique_ptr<Jit> jit;
  runtime::Memory scratch{0};
  int64_t threadScratchBytes = 0;
};

} // namespace sluice

#endif // SLUICE_TOOLS_JIT_H
