//===- Differentiate.cpp - Reverse mode over the layers of a graph ----------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "passes/Gradient/Actions.h"
#include "passes/Gradient/ReverseMode.h"
#include "llvm/ADT/MapVector.h"

namespace sluice {
#define GEN_PASS_DEF_DIFFERENTIATE
#include "passes/Gradient/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

namespace {
/// Values of a graph inside an action: arguments, reads and constants are made anew, results of layers come from calls
/// or slots.
class ActionBuilder {
public:
  explicit ActionBuilder(func::FuncOp action) : builder(action.getBody().front().getTerminator()) {}

  void map(Value graphValue, Value actionValue) { values[graphValue] = actionValue; }

  Value get(Value graphValue) { return get(graphValue, llvm::DenseMap<Value, SlotOp>()); }

  /// `slots` names the slot of a value that no call of this action yields.
  Value get(Value graphValue, const llvm::DenseMap<Value, SlotOp> &slots) {
    Value &value = values[graphValue];
    if (value)
      return value;
    if (auto argument = dyn_cast<BlockArgument>(graphValue))
      return value = InputOp::create(builder, graphValue.getLoc(), graphValue.getType(), argument.getArgNumber());
    if (auto slot = slots.lookup(graphValue))
      return value = fetch(slot);
    Operation *definition = graphValue.getDefiningOp();
    assert(definition->getNumOperands() == 0 && "only ops without operands stand outside of layers");
    return value = builder.clone(*definition)->getResult(cast<OpResult>(graphValue).getResultNumber());
  }

  Value fetch(SlotOp slot) { return FetchOp::create(builder, slot.getLoc(), slot.getType(), slot.getSymName()); }
  void store(Value value, SlotOp slot) { StoreOp::create(builder, slot.getLoc(), value, slot.getSymName()); }

  func::CallOp call(Location location, func::FuncOp callee, ValueRange operands) {
    return func::CallOp::create(builder, location, callee, operands);
  }

  OpBuilder builder;

private:
  llvm::DenseMap<Value, Value> values;
};

/// Differentiates one training graph.
class GraphDifferentiator {
public:
  GraphDifferentiator(ModuleOp module, GraphOp graph, bool accumulate)
      : module(module), graph(graph), accumulate(accumulate), slotBuilder(module) {
    for (Operation &op : graph.getBody().front())
      if (auto layer = dyn_cast<LayerOp>(op))
        layers.push_back(layer);
  }

  LogicalResult run() {
    findNeeded();
    functions.resize(layers.size());
    // Backward first, from the last layer: which results have a gradient decides what a layer's functions are.
    for (int index = layers.size() - 1; index >= 0; --index)
      if (failed(differentiate(index)))
        return failure();
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
      auto isNeeded = [&](Value value) { return needed.contains(value); };
      bool differentiable = isa<ReadOp>(op) || (isa<LayerOp>(op) && llvm::any_of(op.getOperands(), isNeeded));
      for (Value result : op.getResults())
        if (differentiable && isa<FloatType>(cast<RankedTensorType>(result.getType()).getElementType()))
          needed.insert(result);
    }
    hasGradient.insert(graph.getBody().front().getTerminator()->getOperand(0));
  }

  LogicalResult differentiate(unsigned index) {
    LayerOp layer = layers[index];
    auto has = llvm::map_to_vector(layer.getResults(), [&](Value v) -> bool { return hasGradient.contains(v); });
    auto needs = llvm::map_to_vector(layer.getOperands(), [&](Value v) -> bool { return needed.contains(v); });
    FailureOr<LayerFunctions> result = differentiateLayer(layer, nameOf(layer), has, needs, accumulate);
    if (failed(result))
      return failure();
    functions[index] = *result;
    for (unsigned operand : result->backwardResults)
      hasGradient.insert(layer.getOperand(operand));
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
      slot = slotBuilder.create(layer.getLoc(), nameOf(layer) + ".result." + std::to_string(result.getResultNumber()),
                                value.getType(), SlotKind::Kept);
    }
    return slot;
  }

  void buildForward() {
    ActionBuilder action(createAction(module, graph.getLoc(), "train.forward", ActionKind::Forward, "train"));
    keptSlots.resize(layers.size());
    for (auto [index, layer] : llvm::enumerate(layers)) {
      auto operands = llvm::map_to_vector(layer.getOperands(), [&](Value value) { return action.get(value); });
      func::CallOp call = action.call(layer.getLoc(), functions[index].forward, operands);
      for (auto [inGraph, inAction] : llvm::zip(layer.getResults(), call.getResults())) {
        action.map(inGraph, inAction);
        if (SlotOp slot = slots.lookup(inGraph))
          action.store(inAction, slot);
      }
      for (auto [kept, value] : llvm::enumerate(call.getResults().drop_front(layer.getNumResults()))) {
        SlotOp slot = slotBuilder.create(layer.getLoc(), nameOf(layer) + ".kept." + std::to_string(kept),
                                         value.getType(), SlotKind::Kept);
        keptSlots[index].push_back(slot);
        action.store(value, slot);
      }
    }
    Value loss = graph.getBody().front().getTerminator()->getOperand(0);
    SlotOp slot = slotBuilder.create(graph.getLoc(), "train.loss", loss.getType(), SlotKind::Result);
    slot->setAttr(graphAttrName, action.builder.getStringAttr("train"));
    action.store(action.get(loss), slot);
  }

  void buildBackward() {
    ActionBuilder action(createAction(module, graph.getLoc(), "train.backward", ActionKind::Backward, "train"));
    llvm::DenseMap<Value, Value> gradients;
    Value loss = graph.getBody().front().getTerminator()->getOperand(0);
    declareScalar(module, "loss_gradient", 1);
    gradients[loss] = ScalarOp::create(action.builder, graph.getLoc(), loss.getType(), "loss_gradient");
    for (int index = layers.size() - 1; index >= 0; --index)
      if (functions[index].backward)
        callBackward(action, index, gradients);
  }

  void callBackward(ActionBuilder &action, unsigned index, llvm::DenseMap<Value, Value> &gradients) {
    LayerOp layer = layers[index];
    LayerFunctions &layerFunctions = functions[index];
    // One gradient slot a use; the number of uses so far names it.
    llvm::DenseMap<unsigned, SlotOp> gradientSlots;
    for (unsigned operand : layerFunctions.backwardResults)
      if (auto read = layer.getOperand(operand).getDefiningOp<ReadOp>()) {
        auto &uses = parameterGradients[read.getSymbolAttr().getAttr()];
        SlotOp slot = slotBuilder.create(read.getLoc(), gradientSlotName(read.getSymbol(), uses.size()), read.getType(),
                                         SlotKind::Gradient, read.getSymbol());
        uses.push_back(slot);
        gradientSlots[operand] = slot;
      }
    SmallVector<Value> operands;
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
        operands.push_back(action.fetch(gradientSlots.lookup(i)));
        break;
      }
    }
    func::CallOp call = action.call(layer.getLoc(), layerFunctions.backward, operands);
    for (auto [operand, gradient] : llvm::zip_equal(layerFunctions.backwardResults, call.getResults())) {
      Value value = layer.getOperand(operand);
      if (SlotOp slot = gradientSlots.lookup(operand)) {
        action.store(gradient, slot);
        continue;
      }
      Value &sum = gradients[value];
      if (sum) {
        func::FuncOp add = createSum(module, value.getLoc(), "train.sum." + std::to_string(sums++), value.getType(),
                                     /*inPlace=*/false);
        sum = action.call(value.getLoc(), add, {sum, gradient}).getResult(0);
      } else {
        sum = gradient;
      }
    }
  }

  /// Uses of a tied parameter accumulate apart and are added once, in the order in which backward meets them.
  void buildTied() {
    std::optional<ActionBuilder> action;
    for (auto &[name, uses] : parameterGradients) {
      if (uses.size() < 2)
        continue;
      if (!action)
        action.emplace(createAction(module, graph.getLoc(), "train.tied", ActionKind::Tied, "train"));
      Value sum = action->fetch(uses.front());
      for (SlotOp use : ArrayRef(uses).drop_front()) {
        func::FuncOp add = createSum(module, use.getLoc(), "train.sum." + std::to_string(sums++), use.getType(),
                                     /*inPlace=*/true);
        sum = action->call(use.getLoc(), add, {sum, action->fetch(use)}).getResult(0);
      }
      action->store(sum, uses.front());
    }
  }

  ModuleOp module;
  GraphOp graph;
  bool accumulate;
  SlotBuilder slotBuilder;
  SmallVector<LayerOp> layers;
  SmallVector<LayerFunctions> functions;
  llvm::DenseSet<Value> needed, hasGradient;
  llvm::DenseMap<Value, SlotOp> slots;
  SmallVector<SmallVector<SlotOp>> keptSlots;
  llvm::MapVector<StringAttr, SmallVector<SlotOp>> parameterGradients;
  unsigned sums = 0;
};

/// A graph that is only evaluated: one forward function a layer, the results stored.
void outlineEvaluation(ModuleOp module, GraphOp graph, StringRef name) {
  SlotBuilder slotBuilder(module);
  ActionBuilder action(createAction(module, graph.getLoc(), name, ActionKind::Evaluate, name));
  for (Operation &op : graph.getBody().front())
    if (auto layer = dyn_cast<LayerOp>(op)) {
      func::FuncOp function = outlineForward(layer, (name + "." + layer.getName()).str());
      auto operands = llvm::map_to_vector(layer.getOperands(), [&](Value value) { return action.get(value); });
      func::CallOp call = action.call(layer.getLoc(), function, operands);
      for (auto [inGraph, inAction] : llvm::zip_equal(layer.getResults(), call.getResults()))
        action.map(inGraph, inAction);
    }
  for (auto [index, value] : llvm::enumerate(graph.getBody().front().getTerminator()->getOperands())) {
    SlotOp slot =
        slotBuilder.create(graph.getLoc(), (name + ".result." + Twine(index)).str(), value.getType(), SlotKind::Result);
    slot->setAttr(graphAttrName, action.builder.getStringAttr(name));
    action.store(action.get(value), slot);
  }
}

/// What the exported table says of each graph: its name and the tensors that the runtime loads.
void recordGraphs(ModuleOp module) {
  Builder builder(module.getContext());
  SmallVector<Attribute> graphs;
  for (GraphOp graph : module.getOps<GraphOp>()) {
    SmallVector<Attribute> inputs;
    for (auto [index, type] : llvm::enumerate(graph.getArgumentTypes()))
      inputs.push_back(
          builder.getDictionaryAttr({builder.getNamedAttr("name", builder.getStringAttr("input." + Twine(index))),
                                     builder.getNamedAttr("type", TypeAttr::get(type))}));
    graphs.push_back(builder.getDictionaryAttr({builder.getNamedAttr("name", graph.getSymNameAttr()),
                                                builder.getNamedAttr("inputs", builder.getArrayAttr(inputs))}));
  }
  NamedAttrList facts;
  if (auto old = module->getAttrOfType<DictionaryAttr>(binaryAttrName))
    facts = old;
  facts.set("graphs", builder.getArrayAttr(graphs));
  module->setAttr(binaryAttrName, facts.getDictionary(module.getContext()));
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
