//===- GatedKernel.h - Kernels that a word in memory switches off ----------------------===//
#ifndef SLUICE_PASSES_CUDA_GATEDKERNEL_H
#define SLUICE_PASSES_CUDA_GATEDKERNEL_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace sluice {

/// The kernels of a module, with a copy of each one that a gate switches off.
class GatedKernels {
public:
  explicit GatedKernels(mlir::ModuleOp module) : module(module) {}

  /// The kernel with the gate, a memref<1xi32>, before its arguments: it does nothing where that is 0. All threads
  /// decide alike, so barriers stay.
  mlir::SymbolRefAttr get(mlir::SymbolRefAttr kernel);

  /// Removes those that no launch names.
  void eraseUnused();

private:
  mlir::ModuleOp module;
  llvm::DenseMap<mlir::SymbolRefAttr, mlir::SymbolRefAttr> copies;
};

} // namespace sluice

#endif // SLUICE_PASSES_CUDA_GATEDKERNEL_H
