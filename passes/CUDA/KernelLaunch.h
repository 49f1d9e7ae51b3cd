//===- KernelLaunch.h - Launches of kernels that are being written ---------------------===//
#ifndef SLUICE_PASSES_CUDA_KERNELLAUNCH_H
#define SLUICE_PASSES_CUDA_KERNELLAUNCH_H

#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include <array>

namespace sluice {

inline constexpr int64_t warpSize = 32;

/// The name of some work for a further kernel of it; what it computes and moves is counted with the first.
KernelAttr furtherKernelOf(KernelAttr work);

/// A `gpu.launch` of constant sizes. While it is alive its builder writes the body.
class KernelLaunch {
public:
  /// Writes it at the insertion point of `builder`. `work` is what it does of the model, or null.
  KernelLaunch(mlir::OpBuilder &builder, mlir::Location location, std::array<int64_t, 3> grid,
               std::array<int64_t, 3> block, KernelAttr work);

  mlir::ImplicitLocOpBuilder &body() { return builder; }
  mlir::Value blockIndex(unsigned dim = 0);
  mlir::Value threadIndex(unsigned dim = 0);
  /// Static shared memory of a block.
  mlir::Value shared(llvm::ArrayRef<int64_t> shape, mlir::Type element);
  mlir::gpu::LaunchOp operation() const { return launch; }

private:
  mlir::gpu::LaunchOp launch;
  mlir::ImplicitLocOpBuilder builder;
};

/// A launch with a thread for each of some points; the body is what a thread that has one does.
class PointLaunch : public KernelLaunch {
public:
  /// Blocks have `most` threads, or whole warps where points are fewer.
  PointLaunch(mlir::OpBuilder &builder, mlir::Location location, int64_t points, int64_t most, KernelAttr work);

  /// The number of the thread's own.
  mlir::Value point() const { return number; }

private:
  mlir::Value number;
};

/// Integer arithmetic on indices, folded where both operands are known.
struct IndexMath {
  mlir::ImplicitLocOpBuilder &b;

  mlir::Value constant(int64_t value) const;
  mlir::Value add(mlir::Value x, mlir::Value y) const;
  mlir::Value add(mlir::Value x, int64_t y) const { return add(x, constant(y)); }
  mlir::Value mul(mlir::Value x, int64_t y) const;
  mlir::Value div(mlir::Value x, int64_t y) const;
  mlir::Value rem(mlir::Value x, int64_t y) const;
  mlir::Value less(mlir::Value x, int64_t y) const;
  /// The indices in dimensions of these sizes of the element with a number, the last dimension first.
  llvm::SmallVector<mlir::Value> delinearize(mlir::Value number, llvm::ArrayRef<int64_t> sizes) const;
};

} // namespace sluice

#endif // SLUICE_PASSES_CUDA_KERNELLAUNCH_H
