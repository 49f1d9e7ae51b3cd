//===- TrainingGraph.cpp - The layers of the training graph as functions ----------===//
#include "passes/Gradient/TrainingGraph.h"

using namespace mlir;
using namespace sluice;

TrainingGraph::TrainingGraph(ModuleOp module, GraphOp graph, bool accumulates)
    : module(module), graph(graph), accumulates(accumulates) {
  for (auto parameter : module.getOps<ParameterOp>())
    if (parameter.getCopyOf())
      originals[parameter.getSymNameAttr()] = parameter.getCopyOfAttr().getAttr();
}

bool TrainingGraph::isJoined(Value value) const {
  auto layer = value.getDefiningOp<LayerOp>();
  return layer && functions[llvm::find(layers, layer) - layers.begin()].isJoined();
}

bool TrainingGraph::isRepeated(unsigned index) const {
  using Source = LayerFunctions::Source;
  LayerOp layer = layers[index];
  return (layer.getRecompute() || layer.getRecomputeStage()) && !functions[index].isJoined() &&
         llvm::any_of(functions[index].backwardArguments, [](LayerFunctions::Argument argument) {
           return argument.source == Source::Kept || argument.source == Source::Result;
         });
}

bool TrainingGraph::isOfRepeatedStage(LayerOp user, Value value) {
  auto layer = value.getDefiningOp<LayerOp>();
  return layer && layer.getRecomputeStage() && user.getRecomputeStage() && layer.getStage() == user.getStage();
}

StringAttr sluice::parameterOf(Value value) {
  auto read = value.getDefiningOp<ReadOp>();
  return read ? read.getSymbolAttr().getAttr() : StringAttr();
}

/// All losses that are clipped together, and those that are not.
static SmallVector<Objective, 2> findObjectives(GraphOp graph) {
  SmallVector<Objective, 2> objectives;
  objectives.push_back({"", {0}});
  Objective unclipped = {"unclipped_", {}};
  for (unsigned index = 1; index < graph.getNumResults(); ++index)
    if (graph.getResultAttr(index, unclippedAttrName))
      unclipped.losses.push_back(index);
  if (!unclipped.losses.empty())
    objectives.push_back(unclipped);
  return objectives;
}

/// Values whose gradient is needed: float reads and what depends on them.
static llvm::DenseSet<Value> findNeeded(GraphOp graph) {
  llvm::DenseSet<Value> needed;
  for (Operation &op : graph.getBody().front()) {
    if (isa<ReadOp>(op))
      needed.insert(op.getResult(0));
    auto layer = dyn_cast<LayerOp>(op);
    if (!layer)
      continue;
    Block &body = layer.getBody().front();
    llvm::DenseSet<Value> inside;
    for (auto [argument, input] : llvm::zip_equal(body.getArguments(), layer.getInputs()))
      if (needed.contains(input))
        inside.insert(argument);
    addDependents(body, inside);
    for (auto [yielded, result] : llvm::zip_equal(body.getTerminator()->getOperands(), layer.getResults()))
      if (inside.contains(yielded) && isa<FloatType>(cast<RankedTensorType>(result.getType()).getElementType()))
        needed.insert(result);
  }
  return needed;
}

/// Whether nothing waits for the layer's forward, and backward would repeat most of it: the output head, whose logits
/// are not kept.
static bool mayJoin(const TrainingGraph &train, LayerOp layer) {
  bool isLast =
      llvm::all_of(layer->getUsers(), [](Operation *user) { return user->hasTrait<OpTrait::IsTerminator>(); });
  return isLast && !layer.getGate() && train.objectives.size() == 1 &&
         !layer.getBody().getOps<LinearCrossEntropyOp>().empty();
}

static FailureOr<LayerFunctions> differentiate(const TrainingGraph &train, LayerOp layer,
                                               const llvm::DenseSet<Value> &needed) {
  auto has = llvm::map_to_vector(layer.getResults(), [&](Value v) -> bool { return train.hasGradient.contains(v); });
  auto needs = llvm::map_to_vector(layer.getInputs(), [&](Value v) -> bool { return needed.contains(v); });
  auto accumulates =
      llvm::map_to_vector(layer.getInputs(), [&](Value v) -> bool { return train.accumulates && parameterOf(v); });
  return differentiateLayer(layer, TrainingGraph::nameOf(layer), has, needs, accumulates, mayJoin(train, layer));
}

FailureOr<TrainingGraph> sluice::differentiateLayers(ModuleOp module, GraphOp graph, bool accumulates) {
  TrainingGraph train(module, graph, accumulates);
  llvm::append_range(train.layers, graph.getBody().front().getOps<LayerOp>());
  train.functions.resize(train.layers.size());
  train.objectives = findObjectives(graph);
  for (const Objective &objective : train.objectives)
    for (unsigned loss : objective.losses)
      train.hasGradient.insert(train.results()[loss]);
  llvm::DenseSet<Value> needed = findNeeded(graph);
  // From the last layer: which results have a gradient decides what a layer's functions are.
  for (auto [layer, functions] : llvm::reverse(llvm::zip_equal(train.layers, train.functions))) {
    FailureOr<LayerFunctions> made = differentiate(train, layer, needed);
    if (failed(made))
      return failure();
    functions = *made;
    for (unsigned operand : functions.backwardResults) {
      Value value = layer.getOperand(operand);
      train.hasGradient.insert(value);
      if (StringAttr parameter = parameterOf(value)) {
        train.uses[parameter].push_back(&layer->getOpOperand(operand));
        ++train.useCounts[train.originalOf(parameter)];
      }
    }
  }
  return train;
}
