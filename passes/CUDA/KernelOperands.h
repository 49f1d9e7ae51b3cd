//===- KernelOperands.h - What kernels do with their operands ---------------------------===//
#ifndef SLUICE_PASSES_CUDA_KERNELOPERANDS_H
#define SLUICE_PASSES_CUDA_KERNELOPERANDS_H

#include "dialects/CUDA/CUDADialect.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"

namespace sluice {

/// Bytes from the address that a kernel gets to the end of what the type describes.
int64_t spanOf(mlir::MemRefType type);

/// The type of an argument in a launch: that of the kernel, with the next of `elements` where that is of dynamic shape.
mlir::MemRefType typeInLaunch(mlir::Value argument, llvm::ArrayRef<int64_t> &elements);

/// The memory that launches of a module touch, as far as it is known before they run.
class KernelOperands {
public:
  explicit KernelOperands(mlir::ModuleOp module) : module(module) {}

  /// Whether one may write what the other touches. Memory of different spaces is different, but for weights and the
  /// next weights, which may be one.
  bool conflict(cuda::LaunchOp x, cuda::LaunchOp y);

private:
  struct Operand {
    int64_t span;
    bool isWritten;
  };
  llvm::SmallVector<Operand> operandsOf(cuda::LaunchOp launch);

  mlir::ModuleOp module;
  llvm::DenseMap<mlir::Attribute, llvm::SmallVector<bool>> written; // by kernel: arguments that it writes
};

} // namespace sluice

#endif // SLUICE_PASSES_CUDA_KERNELOPERANDS_H
