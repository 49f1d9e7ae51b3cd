//===- TrainingGraph.h - The layers of the training graph as functions --------===//
#ifndef SLUICE_PASSES_GRADIENT_TRAININGGRAPH_H
#define SLUICE_PASSES_GRADIENT_TRAININGGRAPH_H

#include "passes/Gradient/ReverseMode.h"

namespace sluice {

/// Losses that are differentiated together.
struct Objective {
  llvm::StringRef prefix;                // of the names of the slots of its gradients
  llvm::SmallVector<unsigned, 1> losses; // results of the graph
};

/// The graph `train` and the functions of its layers. The ops are the module's.
struct TrainingGraph {
  TrainingGraph(mlir::ModuleOp module, GraphOp graph, bool accumulates);

  mlir::ModuleOp module;
  GraphOp graph;
  bool accumulates; // gradients over several micro-batches
  llvm::SmallVector<LayerOp> layers;
  llvm::SmallVector<LayerFunctions> functions; // by layer
  llvm::SmallVector<Objective, 2> objectives;
  llvm::DenseSet<mlir::Value> hasGradient; // values of the graph whose gradient backward computes
  llvm::DenseMap<mlir::StringAttr, llvm::SmallVector<mlir::OpOperand *>> uses; // of a parameter that have a gradient
  llvm::DenseMap<mlir::StringAttr, mlir::StringAttr> originals; // of parameters that are copies on other stages
  llvm::DenseMap<mlir::StringAttr, size_t> useCounts;           // uses of a parameter and its copies

  mlir::OperandRange results() const { return GraphOp(graph).getBody().front().getTerminator()->getOperands(); }
  /// Of the functions and slots of a layer.
  static std::string nameOf(LayerOp layer) { return ("train." + layer.getName()).str(); }
  /// Whether the gradient of a layer's operand comes from its first result where the layer is dropped.
  bool isPassedOn(LayerOp layer, unsigned operand) const {
    return layer.getGate() && operand == 0 && hasGradient.contains(layer.getResult(0));
  }
  /// The parameter that a copy on another stage is of; one that is no copy itself.
  mlir::StringAttr originalOf(mlir::StringAttr parameter) const {
    mlir::StringAttr original = originals.lookup(parameter);
    return original ? original : parameter;
  }
  /// How many uses of a parameter and of its copies on other stages have a gradient.
  size_t useCount(mlir::StringAttr parameter) const { return useCounts.lookup(originalOf(parameter)); }
  /// Whether backward calls the layer's forward again, as it needs more of it than the layer's inputs.
  bool isRepeated(unsigned layer) const;
  /// Whether backward of `user` has the value from the forward of its stage, which it repeats.
  static bool isOfRepeatedStage(LayerOp user, mlir::Value value);
  /// Whether a layer computes the value whose forward is a part of backward.
  bool isJoined(mlir::Value value) const;
};

/// The name of the parameter that the value is read from; null where it is of something else.
mlir::StringAttr parameterOf(mlir::Value value);

/// Makes the functions of all layers; `accumulates`: a step has several micro-batches. Fails with an error at an op
/// that has no gradient.
mlir::FailureOr<TrainingGraph> differentiateLayers(mlir::ModuleOp module, GraphOp graph, bool accumulates);

} // namespace sluice

#endif // SLUICE_PASSES_GRADIENT_TRAININGGRAPH_H
