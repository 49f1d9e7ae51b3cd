//===- TrainingSlots.cpp - The slots of the training graph --------------------------===//
#include "passes/Gradient/TrainingSlots.h"

using namespace mlir;
using namespace sluice;

TrainingSlots::TrainingSlots(const TrainingGraph &train)
    : train(train), builder(train.module), keptSlots(train.layers.size()) {
  using Source = LayerFunctions::Source;
  for (unsigned index = train.layers.size(); index-- > 0;) {
    LayerOp layer = train.layers[index];
    bool isRepeated = train.isRepeated(index);
    for (LayerFunctions::Argument argument : train.functions[index].backwardArguments) {
      if (argument.source == Source::Operand)
        keepInput(layer, layer.getOperand(argument.index));
      if (argument.source == Source::Result && !isRepeated)
        keepResult(layer.getResult(argument.index));
    }
    if (isRepeated)
      llvm::for_each(layer.getInputs(), [&](Value input) { keepInput(layer, input); });
  }
  createGates();
  findForwardLayers();
}

void TrainingSlots::findForwardLayers() {
  forwardLayers.resize(train.layers.size(), false);
  llvm::DenseSet<Value> wanted;
  wanted.insert_range(train.results());
  for (unsigned index = train.layers.size(); index-- > 0;) {
    LayerOp layer = train.layers[index];
    bool isWanted = llvm::any_of(layer->getResults(),
                                 [&](Value value) { return wanted.contains(value) || resultSlots.contains(value); });
    if (train.functions[index].isJoined() || (layer.getRecomputeStage() && !isWanted))
      continue;
    forwardLayers.set(index);
    wanted.insert_range(layer->getOperands());
  }
}

/// Of a layer's inputs only those that another layer computes are kept, and that backward does not compute again.
void TrainingSlots::keepInput(LayerOp layer, Value value) {
  if (value.getDefiningOp<LayerOp>() && !TrainingGraph::isOfRepeatedStage(layer, value))
    keepResult(value);
}

/// Makes the slot that keeps a layer's result from forward to backward unless it is there.
void TrainingSlots::keepResult(Value value) {
  SlotOp &slot = resultSlots[value];
  if (slot)
    return;
  auto result = cast<OpResult>(value);
  auto layer = cast<LayerOp>(result.getOwner());
  slot = builder.create(layer.getLoc(), TrainingGraph::nameOf(layer) + ".result." + Twine(result.getResultNumber()),
                        value.getType(), SlotKind::Kept);
}

/// A slot for each tensor of gates that counts the micro-batches that came through.
void TrainingSlots::createGates() {
  for (LayerOp layer : train.layers) {
    Value gates = layer.getGate();
    if (!gates || gateSlots.contains(gates))
      continue;
    if (gates.getDefiningOp<LayerOp>())
      keepResult(gates);
    std::string name = "train.gates." + std::to_string(gateSlots.size());
    gateSlots[gates] = builder.create(layer.getLoc(), name, gates.getType(), SlotKind::Gate);
  }
}

SlotOp TrainingSlots::keep(unsigned index, Value value) {
  LayerOp layer = train.layers[index];
  SmallVector<SlotOp> &kept = keptSlots[index];
  kept.push_back(builder.create(layer.getLoc(), TrainingGraph::nameOf(layer) + ".kept." + Twine(kept.size()),
                                value.getType(), SlotKind::Kept));
  return kept.back();
}

SlotOp TrainingSlots::createGradient(const Objective &objective, ReadOp read, unsigned use) {
  StringAttr parameter = read.getSymbolAttr().getAttr();
  SlotOp slot = builder.create(read.getLoc(), objective.prefix + gradientSlotName(parameter, use), read.getType(),
                               SlotKind::Gradient, parameter);
  if (!objective.prefix.empty())
    slot->setAttr(unclippedAttrName, UnitAttr::get(slot.getContext()));
  const SmallVector<OpOperand *> &uses = train.uses.find(parameter)->second;
  SmallVector<Attribute> gates;
  for (OpOperand *operand : uses)
    if (auto user = cast<LayerOp>(operand->getOwner());
        user.getGate() && !train.isPassedOn(user, operand->getOperandNumber()))
      gates.push_back(gateOf(user, gateSlots));
  // A gate of another stage says nothing here.
  auto stages = llvm::map_range(uses, [](OpOperand *use) { return cast<LayerOp>(use->getOwner()).getStage(); });
  bool isOfOneStage = train.useCount(parameter) == uses.size() && llvm::all_equal(stages);
  if (isOfOneStage && gates.size() == uses.size())
    slot.setGatesAttr(ArrayAttr::get(slot.getContext(), gates));
  return slot;
}

void TrainingSlots::storeResults(ActionBuilder &action, bool joined) {
  for (auto [index, result] : llvm::enumerate(train.results())) {
    if (joined != train.isJoined(result))
      continue;
    if (index == 0)
      storeLoss(action);
    else
      storeMetric(action, index);
  }
}

void TrainingSlots::storeLoss(ActionBuilder &action) {
  Value loss = train.results().front();
  SlotOp slot = builder.create(GraphOp(train.graph).getLoc(), "train.loss", loss.getType(), SlotKind::Result);
  slot->setAttr(graphAttrName, action.builder.getStringAttr("train"));
  action.store(action.get(loss), slot);
}

/// Where the result has a name to log it by.
void TrainingSlots::storeMetric(ActionBuilder &action, unsigned index) {
  GraphOp graph = train.graph;
  Value result = train.results()[index];
  auto name = dyn_cast_if_present<StringAttr>(graph.getResultAttr(index, metricAttrName));
  if (!name)
    return;
  SlotOp slot = builder.create(graph.getLoc(), "train.metric." + Twine(index), result.getType(), SlotKind::Result);
  slot->setAttr(metricAttrName, name);
  if (Attribute layer = graph.getResultAttr(index, layerAttrName))
    slot->setAttr(layerAttrName, layer);
  if (auto layer = result.getDefiningOp<LayerOp>(); layer && layer.getGate())
    slot.setGatesAttr(action.builder.getArrayAttr(gateOf(layer, gateSlots)));
  action.store(action.get(result), slot);
}
