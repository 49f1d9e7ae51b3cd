//===- TrainingSlots.h - The slots of the training graph ------------------------===//
#ifndef SLUICE_PASSES_GRADIENT_TRAININGSLOTS_H
#define SLUICE_PASSES_GRADIENT_TRAININGSLOTS_H

#include "passes/Gradient/ActionBuilder.h"
#include "passes/Gradient/Facts.h"
#include "passes/Gradient/TrainingGraph.h"
#include "llvm/ADT/BitVector.h"

namespace sluice {

/// Makes the slots of a training graph, which outlives it.
class TrainingSlots {
public:
  /// Makes those that backward reads results of layers from, and those of gates.
  explicit TrainingSlots(const TrainingGraph &train);

  /// Of results of layers that are kept from forward to backward.
  const ActionBuilder::Slots &results() const { return resultSlots; }
  const GateSlots &gates() const { return gateSlots; }
  /// Of the further values that a layer's forward gives its backward.
  llvm::ArrayRef<SlotOp> kept(unsigned layer) const { return keptSlots[layer]; }

  /// Whether something waits for the layer's forward, beside a backward that repeats it with its stage.
  bool runsForward(unsigned layer) const { return forwardLayers[layer]; }

  /// A slot for the layer's next kept value.
  SlotOp keep(unsigned layer, mlir::Value value);
  /// The slot of the gradient of one use of a parameter; `use`, the number of those before, names it.
  SlotOp createGradient(const Objective &objective, ReadOp read, unsigned use);

  /// Stores the results of the graph that layers compute whose forward is, or is not, a part of backward.
  void storeResults(ActionBuilder &action, bool joined);

private:
  void keepInput(LayerOp layer, mlir::Value input);
  void keepResult(mlir::Value result);
  void createGates();
  void findForwardLayers();
  void storeLoss(ActionBuilder &action);
  void storeMetric(ActionBuilder &action, unsigned index);

  const TrainingGraph &train;
  SlotBuilder builder;
  ActionBuilder::Slots resultSlots;
  GateSlots gateSlots;
  llvm::BitVector forwardLayers;                          // that run forward, by layer
  llvm::SmallVector<llvm::SmallVector<SlotOp>> keptSlots; // by layer
};

} // namespace sluice

#endif // SLUICE_PASSES_GRADIENT_TRAININGSLOTS_H
