//===- BackwardHalves.h - A backward function cut in two -------------------------===//
//
// Qi et al., "Zero Bubble Pipeline Parallelism" (arXiv 2401.10241): other stages wait for the gradients of activations
// alone, so that those of parameters can fill the time in which a stage has nothing else to do.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_GRADIENT_BACKWARDHALVES_H
#define SLUICE_PASSES_GRADIENT_BACKWARDHALVES_H

#include "passes/Gradient/Passes.h"

namespace sluice {

/// The two halves of a backward function. Arguments and results are counted as those of the function are.
struct BackwardHalves {
  mlir::func::FuncOp input;  // (inputArguments) -> (inputResults, what is kept that is none of these)
  mlir::func::FuncOp weight; // (weightArguments, what is kept) -> (weightResults)
  llvm::SmallVector<unsigned> inputArguments, weightArguments;
  llvm::SmallVector<unsigned> inputResults, weightResults;
  /// Results of `input` that are the last arguments of `weight`, in their order.
  llvm::SmallVector<unsigned> kept;
  int64_t repeatedFlops = 0; // of ops that both halves have
};

/// Cuts a function, beside which the halves are made; its results that `isWeight` says are gradients of parameters.
///
/// The weight half has those gradients that a contraction computes, and others that need nothing kept beyond what these
/// need. It repeats norms, activations and what only rearranges. Nothing where one of the halves would be the whole.
std::optional<BackwardHalves> cutBackward(mlir::func::FuncOp function, const llvm::BitVector &isWeight);

/// Floating-point operations of a function's ops, without those of functions that it calls.
int64_t flopsOf(mlir::func::FuncOp function);

} // namespace sluice

#endif // SLUICE_PASSES_GRADIENT_BACKWARDHALVES_H
