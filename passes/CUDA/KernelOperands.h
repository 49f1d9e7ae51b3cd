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

/// Memory that a launch touches: bytes of a space. Spaces that may be one are one.
struct TouchedMemory {
  int32_t space;
  int64_t begin, end;
  bool isWritten;
};

/// Whether one may write what the other touches. Memory of different spaces is different.
bool conflict(llvm::ArrayRef<TouchedMemory> x, llvm::ArrayRef<TouchedMemory> y);

/// The memory that launches of a module touch, as far as it is known before they run.
class KernelOperands {
public:
  explicit KernelOperands(mlir::ModuleOp module) : module(module) {}

  llvm::SmallVector<TouchedMemory> touchedBy(cuda::LaunchOp launch);

private:
  mlir::ModuleOp module;
  llvm::DenseMap<mlir::Attribute, llvm::SmallVector<bool>> written; // by kernel: arguments that it writes
};

} // namespace sluice

#endif // SLUICE_PASSES_CUDA_KERNELOPERANDS_H
