//===- LaneReduction.h - Sums of the threads of a row ----------------------------------===//
#ifndef SLUICE_PASSES_CUDA_LANEREDUCTION_H
#define SLUICE_PASSES_CUDA_LANEREDUCTION_H

#include "passes/CUDA/KernelLaunch.h"

namespace sluice {

/// An op of two operands that sums, or the like, are made of: that in the body of a reduction, or one by its name.
class Combiner {
public:
  explicit Combiner(mlir::Operation *op) : name(op->getName().getIdentifier()), attributes(op->getAttrs()) {}
  explicit Combiner(mlir::StringAttr name) : name(name) {}

  mlir::Value operator()(mlir::ImplicitLocOpBuilder &b, mlir::Value x, mlir::Value y) const {
    return b.create(b.getLoc(), name, {x, y}, {x.getType()}, attributes)->getResult(0);
  }

private:
  mlir::StringAttr name;
  llvm::SmallVector<mlir::NamedAttribute> attributes;
};

/// Combines values of threads, in an order that the number of threads alone decides: halves of
/// a warp pairwise, then warps one after the other. All threads get the same.
struct LaneReduction {
  KernelLaunch &launch;
  Combiner combiner;
  mlir::Value lane; ///< Of the `threads` that combine, a multiple of a warp.
  int64_t threads;

  mlir::Value combine(mlir::Value x, mlir::Value y) const { return combiner(launch.body(), x, y); }
  /// The values of a thread pairwise, then those of all threads. More than a warp meet at a barrier.
  mlir::Value combineAll(llvm::ArrayRef<mlir::Value> values) const;

private:
  mlir::Value ofWarp(mlir::Value value) const;
  mlir::Value ofBlock(mlir::Value value) const;
};

} // namespace sluice

#endif // SLUICE_PASSES_CUDA_LANEREDUCTION_H
