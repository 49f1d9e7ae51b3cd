//===- Differentiate.cpp - Reverse mode over the layers of a graph ----------------===//
#include "dialects/Sluice/RuntimeScalars.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "passes/Gradient/ActionBuilder.h"
#include "passes/Gradient/Facts.h"
#include "passes/Gradient/ReverseMode.h"

namespace sluice {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "passes/Gradient/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
/// Losses that are differentiated together, and the gradients that they give.
struct Objective {
  StringRef prefix;                                           // of the names of its slots
  SmallVector<unsigned> losses;                               // results of the graph
  llvm::MapVector<StringAttr, SmallVector<SlotOp>> gradients; // by parameter, one for each use
};

/// Differentiates one training graph.
class GraphDifferentiator {
public:
  GraphDifferentiator(ModuleOp module, GraphOp graph, bool accumulate)
      : module(module), graph(graph), results(graph.getBody().front().getTerminator()->getOperands()),
        accumulate(accumulate), slotBuilder(module) {
    for (Operation &op : graph.getBody().front())
      if (auto layer = dyn_cast<LayerOp>(op))
        layers.push_back(layer);
    objectives.push_back({"", {0}, {}});
    SmallVector<unsigned> unclipped;
    for (unsigned index = 1; index < results.size(); ++index)
      if (graph.getResultAttr(index, unclippedAttrName))
        unclipped.push_back(index);
    if (!unclipped.empty())
      objectives.push_back({"unclipped_", unclipped, {}});
  }

  LogicalResult run() {
    findNeeded();
    functions.resize(layers.size());
    // Backward first, from the last layer: which results have a gradient decides what a layer's functions are.
    for (int index = layers.size() - 1; index >= 0; --index)
      if (failed(differentiate(index)))
        return failure();
    createGates();
    recordLayers(module, layers, gateSlots);
    buildForward();
    buildBackward();
    buildTied();
    return success();
  }

private:
  std::string nameOf(LayerOp layer) { return ("train." + layer.getName()).str(); }

  /// Values whose gradient is needed: float reads and what depends on them.
  void findNeeded() {
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
    for (const Objective &objective : objectives)
      for (unsigned loss : objective.losses)
        hasGradient.insert(results[loss]);
  }

  /// Whether nothing waits for the layer's forward, and backward would repeat most of it: the output head, whose logits
  /// are not kept.
  bool mayJoin(LayerOp layer) const {
    bool isLast =
        llvm::all_of(layer->getUsers(), [](Operation *user) { return user->hasTrait<OpTrait::IsTerminator>(); });
    return isLast && !layer.getGate() && objectives.size() == 1 &&
           !layer.getBody().getOps<LinearCrossEntropyOp>().empty();
  }

  /// Whether the gradient of this use of a parameter is added to that of the uses that backward met before, and has no
  /// slot: of a table that is read by rows only those rows have a gradient, and what is added to them is their sum, as
  /// if it had been kept apart. With several micro-batches it is kept apart, since their sum is added once.
  bool addsToOtherUses(LayerOp layer, unsigned operand, StringAttr parameter) const {
    auto isParameter = [&](Value input) {
      auto read = input.getDefiningOp<ReadOp>();
      return read && read.getSymbolAttr().getAttr() == parameter;
    };
    auto isTable = [](OpOperand &use) {
      auto embedding = dyn_cast<EmbeddingOp>(use.getOwner());
      return embedding && &use == &embedding.getTableMutable();
    };
    return !accumulate && !layer.getGate() && uses.contains(parameter) &&
           llvm::count_if(layer.getInputs(), isParameter) == 1 &&
           llvm::all_of(layer.getBody().getArgument(operand).getUses(), isTable);
  }

  LogicalResult differentiate(unsigned index) {
    LayerOp layer = layers[index];
    auto has = llvm::map_to_vector(layer.getResults(), [&](Value v) -> bool { return hasGradient.contains(v); });
    auto needs = llvm::map_to_vector(layer.getInputs(), [&](Value v) -> bool { return needed.contains(v); });
    SmallVector<bool> accumulates(layer.getInputs().size());
    for (auto [operand, input] : llvm::enumerate(layer.getInputs()))
      if (auto read = input.getDefiningOp<ReadOp>())
        accumulates[operand] = accumulate || addsToOtherUses(layer, operand, read.getSymbolAttr().getAttr());
    FailureOr<LayerFunctions> result =
        differentiateLayer(layer, nameOf(layer), has, needs, accumulates, /*join=*/mayJoin(layer));
    if (failed(result))
      return failure();
    functions[index] = *result;
    for (unsigned operand : result->backwardResults) {
      hasGradient.insert(layer.getOperand(operand));
      if (auto read = layer.getOperand(operand).getDefiningOp<ReadOp>())
        uses[read.getSymbolAttr().getAttr()].push_back(layer);
    }
    using Source = LayerFunctions::Source;
    for (LayerFunctions::Argument argument : result->backwardArguments) {
      if (argument.source == Source::Operand && layer.getOperand(argument.index).getDefiningOp<LayerOp>())
        slotOf(layer.getOperand(argument.index));
      if (argument.source == Source::Result)
        slotOf(layer.getResult(argument.index));
    }
    return success();
  }

  /// The slot that keeps a layer's result from forward to backward.
  SlotOp slotOf(Value value) {
    SlotOp &slot = slots[value];
    if (!slot) {
      auto result = cast<OpResult>(value);
      auto layer = cast<LayerOp>(result.getOwner());
      slot = slotBuilder.create(layer.getLoc(), nameOf(layer) + ".result." + Twine(result.getResultNumber()),
                                value.getType(), SlotKind::Kept);
    }
    return slot;
  }

  /// A slot for each tensor of gates that counts the micro-batches that came through.
  void createGates() {
    for (LayerOp layer : layers) {
      Value gates = layer.getGate();
      if (!gates || gateSlots.contains(gates))
        continue;
      if (gates.getDefiningOp<LayerOp>())
        slotOf(gates);
      gateSlots[gates] =
          slotBuilder.create(layer.getLoc(), "train.gates." + Twine(gateSlots.size()), gates.getType(), SlotKind::Gate);
    }
  }

  func::FuncOp createSumOf(Location location, Type type, bool inPlace) {
    return createSum(module, location, "train.sum." + std::to_string(helpers++), type, inPlace);
  }
  Value createZeroOf(OpBuilder &builder, Location location, Type type) {
    func::FuncOp zero = createZero(module, location, "train.zero." + std::to_string(helpers++), type);
    return func::CallOp::create(builder, location, zero, ValueRange()).getResult(0);
  }

  Value createCopyOf(OpBuilder &builder, Value value) {
    std::string name = "train.copy." + std::to_string(helpers++);
    func::FuncOp copy = createCopy(module, value.getLoc(), name, value.getType());
    return func::CallOp::create(builder, value.getLoc(), copy, value).getResult(0);
  }

  /// What a layer's forward function returns where the layer is dropped.
  SmallVector<Value> dropForward(OpBuilder &builder, LayerOp layer, func::FuncOp forward, ValueRange operands) {
    SmallVector<Value> values;
    for (auto [index, type] : llvm::enumerate(forward.getResultTypes()))
      values.push_back(index == 0                      ? createCopyOf(builder, operands.front())
                       : index < layer.getNumResults() ? createZeroOf(builder, layer.getLoc(), type)
                                                       : ub::PoisonOp::create(builder, layer.getLoc(), type));
    return values;
  }

  void buildForward() {
    ActionBuilder action(createAction(module, graph.getLoc(), "train.forward", ActionKind::Forward, "train"));
    keptSlots.resize(layers.size());
    for (auto [index, layer] : llvm::enumerate(layers)) {
      if (functions[index].isJoined())
        continue;
      auto operands = llvm::map_to_vector(layer.getInputs(), [&](Value value) { return action.get(value); });
      func::FuncOp forward = functions[index].forward;
      ValueRange values = action.callGated(layer, forward, operands, [&, layer = layer](OpBuilder &builder) {
        return dropForward(builder, layer, forward, operands);
      });
      for (auto [inGraph, inAction] : llvm::zip(layer.getResults(), values)) {
        action.map(inGraph, inAction);
        if (SlotOp slot = slots.lookup(inGraph))
          action.store(inAction, slot);
      }
      for (auto [kept, value] : llvm::enumerate(values.drop_front(layer.getNumResults()))) {
        SlotOp slot =
            slotBuilder.create(layer.getLoc(), nameOf(layer) + ".kept." + Twine(kept), value.getType(), SlotKind::Kept);
        keptSlots[index].push_back(slot);
        action.store(value, slot);
      }
    }
    storeResults(action, /*joined=*/false);
  }

  /// Stores the results of the graph that layers compute whose forward is, or is not, a part of backward.
  void storeResults(ActionBuilder &action, bool joined) {
    for (auto [index, result] : llvm::enumerate(results)) {
      auto layer = result.getDefiningOp<LayerOp>();
      if (joined != (layer && functions[llvm::find(layers, layer) - layers.begin()].isJoined()))
        continue;
      if (index == 0)
        storeLoss(action);
      else
        storeMetric(action, index);
    }
  }

  void storeLoss(ActionBuilder &action) {
    SlotOp slot = slotBuilder.create(graph.getLoc(), "train.loss", results.front().getType(), SlotKind::Result);
    slot->setAttr(graphAttrName, action.builder.getStringAttr("train"));
    action.store(action.get(results.front()), slot);
  }

  void storeMetric(ActionBuilder &action, unsigned index) {
    auto name = dyn_cast_if_present<StringAttr>(graph.getResultAttr(index, metricAttrName));
    if (!name)
      return;
    SlotOp slot =
        slotBuilder.create(graph.getLoc(), "train.metric." + Twine(index), results[index].getType(), SlotKind::Result);
    slot->setAttr(metricAttrName, name);
    if (Attribute layer = graph.getResultAttr(index, layerAttrName))
      slot->setAttr(layerAttrName, layer);
    if (auto layer = results[index].getDefiningOp<LayerOp>(); layer && layer.getGate())
      slot.setGatesAttr(ArrayAttr::get(module.getContext(), gateOf(layer, gateSlots)));
    action.store(action.get(results[index]), slot);
  }

  void buildBackward() {
    ActionBuilder action(createAction(module, graph.getLoc(), "train.backward", ActionKind::Backward, "train"));
    countGates(action);
    for (Objective &objective : objectives)
      buildBackward(action, objective);
    storeResults(action, /*joined=*/true);
  }

  void countGates(ActionBuilder &action) {
    for (auto [gates, slot] : gateSlots) {
      Value open = action.get(gates, slots);
      func::FuncOp add = accumulate ? createSumOf(slot.getLoc(), slot.getType(), /*inPlace=*/true) : nullptr;
      action.store(add ? action.call(slot.getLoc(), add, {action.fetch(slot), open}).front()
                       : createCopyOf(action.builder, open),
                   slot);
    }
  }

  void buildBackward(ActionBuilder &action, Objective &objective) {
    llvm::DenseMap<Value, Value> gradients;
    declareScalar(module, {"loss_gradient"});
    for (unsigned index = 0; index < results.size(); ++index) {
      if (!hasGradient.contains(results[index]))
        continue;
      auto type = cast<RankedTensorType>(results[index].getType());
      if (llvm::is_contained(objective.losses, index))
        gradients[results[index]] = ScalarOp::create(action.builder, graph.getLoc(), type, "loss_gradient");
      else if (!gradients.contains(results[index]))
        gradients[results[index]] =
            arith::ConstantOp::create(action.builder, graph.getLoc(), action.builder.getZeroAttr(type));
    }
    for (int index = layers.size() - 1; index >= 0; --index)
      if (functions[index].backward)
        callBackward(action, index, objective, gradients);
  }

  /// The slot of the gradient of one use of a parameter; the number of uses so far names it.
  SlotOp createGradientSlot(ReadOp read, Objective &objective) {
    StringAttr parameter = read.getSymbolAttr().getAttr();
    auto &slotsSoFar = objective.gradients[parameter];
    SlotOp slot = slotBuilder.create(read.getLoc(), objective.prefix + gradientSlotName(parameter, slotsSoFar.size()),
                                     read.getType(), SlotKind::Gradient, parameter);
    if (!objective.prefix.empty())
      slot->setAttr(unclippedAttrName, UnitAttr::get(module.getContext()));
    SmallVector<Attribute> gates;
    for (LayerOp user : uses[parameter])
      if (user.getGate())
        gates.push_back(gateOf(user, gateSlots));
    if (gates.size() == uses[parameter].size())
      slot.setGatesAttr(ArrayAttr::get(module.getContext(), gates));
    slotsSoFar.push_back(slot);
    return slot;
  }

  void callBackward(ActionBuilder &action, unsigned index, Objective &objective,
                    llvm::DenseMap<Value, Value> &gradients) {
    LayerOp layer = layers[index];
    LayerFunctions &layerFunctions = functions[index];
    llvm::DenseMap<unsigned, SlotOp> gradientSlots;
    for (unsigned operand : layerFunctions.backwardResults)
      if (auto read = layer.getOperand(operand).getDefiningOp<ReadOp>())
        gradientSlots[operand] = !accumulate && layerFunctions.accumulates(operand)
                                     ? objective.gradients[read.getSymbolAttr().getAttr()].front()
                                     : createGradientSlot(read, objective);
    SmallVector<Value> operands;
    llvm::DenseMap<unsigned, Value> accumulators;
    for (auto [source, i] : layerFunctions.backwardArguments) {
      switch (source) {
      case LayerFunctions::Source::ResultGradient:
        operands.push_back(gradients.lookup(layer.getResult(i)));
        break;
      case LayerFunctions::Source::Operand:
        operands.push_back(action.get(layer.getOperand(i), slots));
        break;
      case LayerFunctions::Source::Result:
        operands.push_back(action.get(layer.getResult(i), slots));
        break;
      case LayerFunctions::Source::Kept:
        operands.push_back(action.fetch(keptSlots[index][i]));
        break;
      case LayerFunctions::Source::Accumulator:
        operands.push_back(accumulators[i] = action.fetch(gradientSlots.lookup(i)));
        break;
      }
    }
    // Where the layer is dropped, the gradient of its first result passes through; a gradient that is added to stays,
    // one that is not is never looked at, unless other uses of the parameter are added to it.
    auto drop = [&](OpBuilder &builder) {
      SmallVector<Value> values;
      for (unsigned operand : layerFunctions.backwardResults) {
        Value passed = operand == 0 ? gradients.lookup(layer.getResult(0)) : Value();
        Value kept = accumulators.lookup(operand);
        Type type = layer.getOperand(operand).getType();
        auto read = layer.getOperand(operand).getDefiningOp<ReadOp>();
        bool isUnseen = read && uses[read.getSymbolAttr().getAttr()].size() == 1;
        values.push_back(passed     ? createCopyOf(builder, passed)
                         : kept     ? kept
                         : isUnseen ? Value(ub::PoisonOp::create(builder, layer.getLoc(), type))
                                    : createZeroOf(builder, layer.getLoc(), type));
      }
      return values;
    };
    ValueRange values = action.callGated(layer, layerFunctions.backward, operands, drop, slots);
    if (layerFunctions.isJoined()) {
      for (auto [inGraph, inAction] : llvm::zip(layer.getResults(), values))
        action.map(inGraph, inAction);
      values = values.drop_front(layer.getNumResults());
    }
    for (auto [operand, gradient] : llvm::zip_equal(layerFunctions.backwardResults, values)) {
      Value value = layer.getOperand(operand);
      if (SlotOp slot = gradientSlots.lookup(operand)) {
        action.store(gradient, slot);
        continue;
      }
      Value &sum = gradients[value];
      if (sum)
        sum =
            action
                .call(value.getLoc(), createSumOf(value.getLoc(), value.getType(), /*inPlace=*/false), {sum, gradient})
                .front();
      else
        sum = gradient;
    }
  }

  /// Uses of a tied parameter that have slots accumulate apart and are added once, in the order in which backward meets
  /// them.
  void buildTied() {
    std::optional<ActionBuilder> action;
    for (Objective &objective : objectives)
      for (auto &[name, gradients] : objective.gradients) {
        if (gradients.size() < 2)
          continue;
        if (!action)
          action.emplace(createAction(module, graph.getLoc(), "train.tied", ActionKind::Tied, "train"));
        Value sum = action->fetch(gradients.front());
        for (SlotOp use : ArrayRef(gradients).drop_front())
          sum = action
                    ->call(use.getLoc(), createSumOf(use.getLoc(), use.getType(), /*inPlace=*/true),
                           {sum, action->fetch(use)})
                    .front();
        action->store(sum, gradients.front());
      }
  }

  ModuleOp module;
  GraphOp graph;
  OperandRange results; // of the graph
  bool accumulate;
  SlotBuilder slotBuilder;
  SmallVector<LayerOp> layers;
  SmallVector<LayerFunctions> functions;
  SmallVector<Objective, 2> objectives;
  llvm::DenseSet<Value> needed, hasGradient;
  ActionBuilder::Slots slots;
  SmallVector<SmallVector<SlotOp>> keptSlots;
  GateSlots gateSlots;
  llvm::DenseMap<StringAttr, SmallVector<LayerOp>> uses; // of a parameter that have a gradient
  unsigned helpers = 0;
};

/// A graph that is only evaluated: one forward function a layer, the results stored. Nothing is dropped in it.
void outlineEvaluation(ModuleOp module, GraphOp graph, StringRef name) {
  SlotBuilder slotBuilder(module);
  ActionBuilder action(createAction(module, graph.getLoc(), name, ActionKind::Evaluate, name));
  for (Operation &op : graph.getBody().front())
    if (auto layer = dyn_cast<LayerOp>(op)) {
      func::FuncOp function = outlineForward(layer, (name + "." + layer.getName()).str());
      auto operands = llvm::map_to_vector(layer.getInputs(), [&](Value value) { return action.get(value); });
      for (auto [inGraph, inAction] :
           llvm::zip_equal(layer.getResults(), action.call(layer.getLoc(), function, operands)))
        action.map(inGraph, inAction);
    }
  for (auto [index, value] : llvm::enumerate(graph.getBody().front().getTerminator()->getOperands())) {
    SlotOp slot =
        slotBuilder.create(graph.getLoc(), name + ".result." + Twine(index), value.getType(), SlotKind::Result);
    slot->setAttr(graphAttrName, action.builder.getStringAttr(name));
    action.store(action.get(value), slot);
  }
}

struct Differentiate : sluice::impl::DifferentiateBase<Differentiate> {
  using DifferentiateBase::DifferentiateBase;
  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (microBatches < 1) {
      module.emitError() << "expected at least 1 micro-batch, found " << int64_t(microBatches);
      return signalPassFailure();
    }
    recordGraphs(module);
    // An action takes the name of its graph, so the graph leaves the symbol table first.
    SmallVector<GraphOp> graphs(module.getOps<GraphOp>());
    for (GraphOp graph : graphs) {
      StringAttr name = graph.getSymNameAttr();
      graph.setSymName((name.getValue() + ".graph").str());
      if (name.getValue() != "train")
        outlineEvaluation(module, graph, name.getValue());
      else if (failed(GraphDifferentiator(module, graph, microBatches > 1).run()))
        return signalPassFailure();
      graph.erase();
    }
  }
};
} // namespace
