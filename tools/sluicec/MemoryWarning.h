//===- MemoryWarning.h - Warns of models that memory is too short for --------------===//
#ifndef SLUICE_TOOLS_SLUICEC_MEMORYWARNING_H
#define SLUICE_TOOLS_SLUICEC_MEMORYWARNING_H

#include "mlir/IR/BuiltinOps.h"
#include "runtime/cpu/AvailableMemory.h"

namespace sluice {

/// Warns once, on stderr, where this machine has less memory than training needs: the program then refuses here.
class MemoryWarning {
public:
  /// Takes what is available now: made before the compiler itself takes memory.
  MemoryWarning() : available(runtime::availableMemory()) {}

  /// Of a graph, by what is sure to be written: parameters, gradients and the state of the optimizer.
  void checkGraph(mlir::ModuleOp module);
  /// Of kernels on planned memory, by all that training writes: as the program checks itself, and in its words.
  void checkKernels(mlir::ModuleOp module);

private:
  runtime::AvailableMemory available;
  bool isGiven = false;
};

} // namespace sluice

#endif // SLUICE_TOOLS_SLUICEC_MEMORYWARNING_H
