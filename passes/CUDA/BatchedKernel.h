//===- BatchedKernel.h - Kernels that compute several times what another does -----------===//
#ifndef SLUICE_PASSES_CUDA_BATCHEDKERNEL_H
#define SLUICE_PASSES_CUDA_BATCHEDKERNEL_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace sluice {

/// The kernels of a module, with copies for several sets of operands.
class BatchedKernels {
public:
  explicit BatchedKernels(mlir::ModuleOp module) : module(module) {}

  /// The kernel for as many sets of operands as `shifts` has. The third index of a block says which set is its own;
  /// `shifts[i][j]` is how many bytes further than the address that the kernel gets argument j of set i lies. They are
  /// a constant table of the module.
  mlir::SymbolRefAttr get(mlir::SymbolRefAttr kernel, llvm::ArrayRef<llvm::SmallVector<int64_t>> shifts);

  /// Removes kernels that no launch names.
  void eraseUnused();

private:
  mlir::ModuleOp module;
};

} // namespace sluice

#endif // SLUICE_PASSES_CUDA_BATCHEDKERNEL_H
