//===- Launch.h - A kernel in place ---------------------------------------------------===//
#ifndef SLUICE_PASSES_CUDA_LAUNCH_H
#define SLUICE_PASSES_CUDA_LAUNCH_H

#include "passes/CUDA/KernelLaunch.h"

namespace sluice::cuda {

/// What a block may have without asking for more.
inline constexpr int64_t mostSharedBytes = 48 * 1024;

/// Inside of a kernel: who a thread is, and the shared memory of its block.
struct KernelBody {
  mlir::Value thread, blockX, blockY, blockZ;
  llvm::ArrayRef<mlir::BlockArgument> shared;
};

/// Emits a launch; `kernel` says what it computes, `shared` which flat memories in shared memory a block has. `body`
/// emits at the builder's place inside.
void emitLaunch(mlir::ImplicitLocOpBuilder &b, std::array<int64_t, 3> grid, int64_t threads, KernelAttr kernel,
                llvm::ArrayRef<std::pair<int64_t, mlir::Type>> shared,
                llvm::function_ref<void(const KernelBody &)> body);

} // namespace sluice::cuda

#endif // SLUICE_PASSES_CUDA_LAUNCH_H
