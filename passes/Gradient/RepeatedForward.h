//===- RepeatedForward.h - What backward computes again -------------------------===//
#ifndef SLUICE_PASSES_GRADIENT_REPEATEDFORWARD_H
#define SLUICE_PASSES_GRADIENT_REPEATEDFORWARD_H

#include "passes/Gradient/TrainingSlots.h"

namespace sluice {

/// The forwards that a backward action repeats: those of layers one at a time, each for every objective; those of whole
/// stages once, in front of what else the stage does.
class RepeatedForward {
public:
  RepeatedForward(const TrainingGraph &train, const TrainingSlots &slots, ActionHelpers &helpers, ActionBuilder &action)
      : train(train), slots(slots), helpers(helpers), action(action) {}

  /// Comes before anything else of the layer. The action has entered its stage.
  void enter(unsigned index);

  /// What the layer's forward function returns; nothing where it is not repeated. Of a layer that repeats by itself
  /// each call computes it anew.
  llvm::SmallVector<mlir::Value> resultsOf(unsigned index);

  /// A value of the graph that the layer uses.
  mlir::Value get(LayerOp user, mlir::Value value);

private:
  llvm::SmallVector<unsigned> findRepeated(std::optional<int64_t> stage) const;
  mlir::ValueRange repeat(unsigned index, BranchBuilder otherwise);

  const TrainingGraph &train;
  const TrainingSlots &slots;
  ActionHelpers &helpers;
  ActionBuilder &action;
  llvm::SmallVector<std::optional<int64_t>, 4> entered;              // stages that are repeated
  llvm::DenseMap<unsigned, llvm::SmallVector<mlir::Value>> ofStages; // by layer
  llvm::DenseMap<mlir::Value, mlir::Value> values;                   // of the graph, that these layers compute
};

} // namespace sluice

#endif // SLUICE_PASSES_GRADIENT_REPEATEDFORWARD_H
