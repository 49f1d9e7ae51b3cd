//===- ReverseMode.h - The forward and the backward function of a layer -------===//
#ifndef SLUICE_PASSES_GRADIENT_REVERSEMODE_H
#define SLUICE_PASSES_GRADIENT_REVERSEMODE_H

#include "passes/Gradient/Passes.h"

namespace sluice {

/// Adds what the ops of `block` compute from `values`.
void addDependents(mlir::Block &block, llvm::DenseSet<mlir::Value> &values);

/// The two functions of a layer and how their arguments and results belong together.
struct LayerFunctions {
  mlir::func::FuncOp forward;  // (inputs of the layer) -> (results of the layer, kept values); null where joined
  mlir::func::FuncOp backward; // null where nothing in the layer has a gradient

  /// Backward computes the layer's results too: they are its first results.
  bool isJoined() const { return !forward; }

  unsigned keptCount = 0; // trailing results of forward
  /// Where each argument of backward comes from.
  enum class Source { ResultGradient, Operand, Result, Kept, Accumulator };
  struct Argument {
    Source source;
    unsigned index; // of the layer's result, the layer's operand, the kept value, or the layer's operand (accumulator)
  };
  llvm::SmallVector<Argument> backwardArguments;
  /// The layer's operand whose gradient each result of backward is, behind those of the layer where joined.
  llvm::SmallVector<unsigned> backwardResults;

  /// Whether backward adds the gradient of the layer's operand to an accumulator.
  bool accumulates(unsigned operand) const {
    return llvm::any_of(backwardArguments, [&](Argument argument) {
      return argument.source == Source::Accumulator && argument.index == operand;
    });
  }
};

/// Makes the functions `name.forward` and `name.backward` of `layer`. `resultHasGradient` says which results backward
/// gets a gradient for, `operandNeedsGradient` which operands' gradients it returns, and `operandAccumulates` which of
/// these are added to an accumulator argument. With `join`, forward is a part of backward. Fails with an error at an op
/// that has no gradient.
mlir::FailureOr<LayerFunctions> differentiateLayer(LayerOp layer, llvm::StringRef name,
                                                   llvm::ArrayRef<bool> resultHasGradient,
                                                   llvm::ArrayRef<bool> operandNeedsGradient,
                                                   llvm::ArrayRef<bool> operandAccumulates, bool join);

/// The forward function alone.
mlir::func::FuncOp outlineForward(LayerOp layer, llvm::StringRef name);

} // namespace sluice

#endif // SLUICE_PASSES_GRADIENT_REVERSEMODE_H
