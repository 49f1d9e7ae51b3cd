//===- BatchedKernel.h - Kernels that compute several times what another does -----------===//
#ifndef SLUICE_PASSES_CUDA_BATCHEDKERNEL_H
#define SLUICE_PASSES_CUDA_BATCHEDKERNEL_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace sluice {

/// What a kernel gets for one of several things that it does.
struct OperandSet {
  /// How many bytes further than the address that the kernel gets each argument lies.
  llvm::SmallVector<int64_t> shifts;
  /// Of the arguments of dynamic shape, in their order.
  llvm::SmallVector<int64_t> elements;
};

/// The kernels of a module, with copies for several sets of operands.
class BatchedKernels {
public:
  explicit BatchedKernels(mlir::ModuleOp module) : module(module) {}

  /// The kernel for several sets of operands, or for one whose numbers of elements are known then. The third index of
  /// a block says which set is its own; a constant table of the module has what differs between sets. Arguments of the
  /// copy are of static shape.
  mlir::SymbolRefAttr get(mlir::SymbolRefAttr kernel, llvm::ArrayRef<OperandSet> sets);

  /// Removes kernels that no launch names.
  void eraseUnused();

private:
  mlir::ModuleOp module;
};

} // namespace sluice

#endif // SLUICE_PASSES_CUDA_BATCHEDKERNEL_H
