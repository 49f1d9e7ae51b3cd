//===- LaneReduction.h - Sums of the threads of a row ----------------------------------===//
#ifndef SLUICE_PASSES_CUDA_LANEREDUCTION_H
#define SLUICE_PASSES_CUDA_LANEREDUCTION_H

#include "passes/CUDA/KernelLaunch.h"

namespace sluice {

/// Combines values of threads by the op of a reduction, in an order that the number of threads alone decides: halves of
/// a warp pairwise, then warps one after the other. All threads get the same.
struct LaneReduction {
  KernelLaunch &launch;
  mlir::Operation *combiner; ///< Of two operands, as in the body of the reduction.
  mlir::Value lane;          ///< Of the `threads` that combine, a multiple of a warp.
  int64_t threads;

  mlir::Value combine(mlir::Value x, mlir::Value y) const;
  /// The values of a thread pairwise, then those of all threads. More than a warp meet at a barrier.
  mlir::Value combineAll(llvm::ArrayRef<mlir::Value> values) const;

private:
  mlir::Value ofWarp(mlir::Value value) const;
  mlir::Value ofBlock(mlir::Value value) const;
};

} // namespace sluice

#endif // SLUICE_PASSES_CUDA_LANEREDUCTION_H
