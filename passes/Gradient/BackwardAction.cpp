//===- BackwardAction.cpp - The action that computes the gradients ------------------===//
#include "passes/Gradient/BackwardAction.h"
#include "dialects/Sluice/RuntimeScalars.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "passes/Gradient/RepeatedForward.h"

using namespace mlir;
using namespace sluice;

namespace {
/// Calls the layers' backward functions for one objective.
class ObjectiveBuilder {
public:
  ObjectiveBuilder(const TrainingGraph &train, const Objective &objective, TrainingSlots &slots, ActionHelpers &helpers,
                   RepeatedForward &forwards, ActionBuilder &action)
      : train(train), objective(objective), slots(slots), helpers(helpers), forwards(forwards), action(action) {}

  GradientSlots run() {
    setLossGradients();
    for (int index = train.layers.size() - 1; index >= 0; --index)
      if (train.functions[index].backward)
        callBackward(index);
    return parameterSlots;
  }

private:
  /// By operand of a layer.
  using SlotsByOperand = llvm::DenseMap<unsigned, SlotOp>;
  using ValuesByOperand = llvm::DenseMap<unsigned, Value>;

  void setLossGradients();
  void callBackward(unsigned index);
  SlotsByOperand findSlots(unsigned index);
  SmallVector<Value> operandsOf(unsigned index, const SlotsByOperand &operandSlots, ValuesByOperand &accumulators);
  SmallVector<Value> drop(OpBuilder &builder, unsigned index, const ValuesByOperand &accumulators);
  void addToGradient(Value value, Value gradient);

  const TrainingGraph &train;
  const Objective &objective;
  TrainingSlots &slots;
  ActionHelpers &helpers;
  RepeatedForward &forwards;
  ActionBuilder &action;
  GradientSlots parameterSlots;
  llvm::DenseMap<Value, Value> gradients; // of values of the graph, so far
};
} // namespace

void ObjectiveBuilder::setLossGradients() {
  Location location = GraphOp(train.graph).getLoc();
  declareScalar(train.module, {"loss_gradient"});
  for (auto [index, result] : llvm::enumerate(train.results())) {
    if (!train.hasGradient.contains(result))
      continue;
    auto type = cast<RankedTensorType>(result.getType());
    if (llvm::is_contained(objective.losses, index))
      gradients[result] = ScalarOp::create(action.builder, location, type, "loss_gradient");
    else if (!gradients.contains(result))
      gradients[result] = arith::ConstantOp::create(action.builder, location, action.builder.getZeroAttr(type));
  }
}

/// New slots that gradients of parameters are stored to, by operand.
ObjectiveBuilder::SlotsByOperand ObjectiveBuilder::findSlots(unsigned index) {
  LayerOp layer = train.layers[index];
  const LayerFunctions &functions = train.functions[index];
  SlotsByOperand operandSlots;
  for (unsigned operand : functions.backwardResults)
    if (auto read = layer.getOperand(operand).getDefiningOp<ReadOp>()) {
      SmallVector<SlotOp> &soFar = parameterSlots[read.getSymbolAttr().getAttr()];
      soFar.push_back(slots.createGradient(objective, read, soFar.size()));
      operandSlots[operand] = soFar.back();
    }
  return operandSlots;
}

/// What the layer's backward function takes. Also gives the accumulators among it.
SmallVector<Value> ObjectiveBuilder::operandsOf(unsigned index, const SlotsByOperand &operandSlots,
                                                ValuesByOperand &accumulators) {
  LayerOp layer = train.layers[index];
  SmallVector<Value> repeated = forwards.resultsOf(index);
  auto valueOf = [&](LayerFunctions::Argument argument) -> Value {
    switch (argument.source) {
    case LayerFunctions::Source::ResultGradient:
      return gradients.lookup(layer.getResult(argument.index));
    case LayerFunctions::Source::Operand:
      return forwards.get(layer, layer.getOperand(argument.index));
    case LayerFunctions::Source::Result:
      // One that is kept for another layer need not be computed again, but with its stage it is anyway.
      if (Value result = layer.getResult(argument.index);
          repeated.empty() || (slots.results().contains(result) && !layer.getRecomputeStage()))
        return action.get(result, slots.results());
      return repeated[argument.index];
    case LayerFunctions::Source::Kept:
      return repeated.empty() ? action.fetch(slots.kept(index)[argument.index])
                              : repeated[layer.getNumResults() + argument.index];
    case LayerFunctions::Source::Accumulator:
      return accumulators[argument.index] = action.fetch(operandSlots.lookup(argument.index));
    }
    llvm_unreachable("no such source");
  };
  return llvm::map_to_vector(train.functions[index].backwardArguments, valueOf);
}

/// What a layer's backward function returns where the layer is dropped: the gradient of its first result passes
/// through, and is added where the first activation is a parameter with a sum; a gradient that is added to stays, one
/// that is not is never looked at, unless it is added to that of other uses of the parameter.
SmallVector<Value> ObjectiveBuilder::drop(OpBuilder &builder, unsigned index, const ValuesByOperand &accumulators) {
  LayerOp layer = train.layers[index];
  SmallVector<Value> values;
  for (unsigned operand : train.functions[index].backwardResults) {
    Value passed = train.isPassedOn(layer, operand) ? gradients.lookup(layer.getResult(0)) : Value();
    Value kept = accumulators.lookup(operand);
    Type type = layer.getOperand(operand).getType();
    StringAttr parameter = parameterOf(layer.getOperand(operand));
    bool isUnseen = parameter && train.useCount(parameter) == 1;
    auto addPassed = [&] {
      func::FuncOp add = helpers.createSum(layer.getLoc(), type, /*inPlace=*/true);
      return func::CallOp::create(builder, layer.getLoc(), add, ValueRange{kept, passed}).getResult(0);
    };
    values.push_back(passed && kept ? addPassed()
                     : passed       ? helpers.callCopy(builder, passed)
                     : kept         ? kept
                     : isUnseen     ? Value(ub::PoisonOp::create(builder, layer.getLoc(), type))
                                    : helpers.callZero(builder, layer.getLoc(), type));
  }
  return values;
}

void ObjectiveBuilder::addToGradient(Value value, Value gradient) {
  Value &sum = gradients[value];
  if (!sum) {
    sum = gradient;
    return;
  }
  func::FuncOp add = helpers.createSum(value.getLoc(), value.getType(), /*inPlace=*/false);
  sum = action.call(value.getLoc(), add, {sum, gradient}).front();
}

void ObjectiveBuilder::callBackward(unsigned index) {
  LayerOp layer = train.layers[index];
  const LayerFunctions &functions = train.functions[index];
  action.enterStage(layer.getStage());
  forwards.enter(index);
  SlotsByOperand operandSlots = findSlots(index);
  ValuesByOperand accumulators;
  SmallVector<Value> operands = operandsOf(index, operandSlots, accumulators);
  auto dropLayer = [&](OpBuilder &builder) { return drop(builder, index, accumulators); };
  ValueRange values = action.callGated(layer, functions.backward, operands, dropLayer, slots.results());
  if (functions.isJoined()) {
    for (auto [inGraph, inAction] : llvm::zip(layer.getResults(), values))
      action.map(inGraph, inAction);
    values = values.drop_front(layer.getNumResults());
  }
  for (auto [operand, gradient] : llvm::zip_equal(functions.backwardResults, values))
    if (SlotOp slot = operandSlots.lookup(operand))
      action.store(gradient, slot);
    else
      addToGradient(layer.getOperand(operand), gradient);
}

/// Adds the gates that are open to the counts of the step, or sets these where the step has one micro-batch.
static void countGates(ActionBuilder &action, const TrainingGraph &train, const TrainingSlots &slots,
                       ActionHelpers &helpers) {
  for (auto [gates, slot] : slots.gates()) {
    auto layer = gates.getDefiningOp<LayerOp>();
    std::optional<int64_t> stage = layer ? layer.getStage() : std::nullopt;
    action.enterStage(stage);
    Value open = action.get(gates, slots.results());
    if (!train.accumulates) {
      Value copy = helpers.callCopy(action.builder, open);
      setStage(copy.getDefiningOp(), stage);
      action.store(copy, slot);
      continue;
    }
    func::FuncOp add = helpers.createSum(slot.getLoc(), slot.getType(), /*inPlace=*/true);
    action.store(action.call(slot.getLoc(), add, {action.fetch(slot), open}).front(), slot);
  }
}

SmallVector<GradientSlots> sluice::buildBackward(const TrainingGraph &train, TrainingSlots &slots,
                                                 ActionHelpers &helpers) {
  ActionBuilder action(
      createAction(train.module, GraphOp(train.graph).getLoc(), "train.backward", ActionKind::Backward, "train"));
  countGates(action, train, slots, helpers);
  RepeatedForward forwards(train, slots, helpers, action);
  SmallVector<GradientSlots> gradients;
  for (const Objective &objective : train.objectives)
    gradients.push_back(ObjectiveBuilder(train, objective, slots, helpers, forwards, action).run());
  slots.storeResults(action, /*joined=*/true);
  return gradients;
}

/// The slots of all uses of a parameter and its copies, in the order in which backward meets them.
static llvm::MapVector<StringAttr, SmallVector<SlotOp>> findUses(const TrainingGraph &train,
                                                                 const GradientSlots &ofObjective) {
  llvm::MapVector<StringAttr, SmallVector<SlotOp>> uses;
  for (const auto &[parameter, slots] : ofObjective)
    uses[train.originalOf(parameter)].append(slots);
  for (auto &[parameter, slots] : uses)
    llvm::sort(slots, [](SlotOp a, SlotOp b) { return a->isBeforeInBlock(b); });
  return uses;
}

static std::optional<int64_t> stageOf(ModuleOp module, SlotOp gradient) {
  return module.lookupSymbol<ParameterOp>(*gradient.getParameter()).getStage();
}

/// Adds all uses on the stage of `own`, its first use, and stores their sum or mean there.
static void sumUses(SmallVector<SlotOp> uses, SlotOp own, bool isMean, ActionBuilder &action, ActionHelpers &helpers) {
  // The sum is made in the place of its first term. Two terms commute to the bit; more are in one order everywhere.
  if (uses.size() == 2 && uses.front() != own)
    std::swap(uses.front(), uses.back());
  Value sum = action.fetch(uses.front());
  for (SlotOp use : ArrayRef(uses).drop_front()) {
    double factor = isMean && use == uses.back() ? 1 / double(uses.size()) : 1;
    func::FuncOp add = helpers.createSum(use.getLoc(), use.getType(), /*inPlace=*/true, factor);
    sum = action.call(use.getLoc(), add, {sum, action.fetch(use)}).front();
  }
  action.store(sum, own);
}

bool sluice::buildTied(const TrainingGraph &train, ArrayRef<GradientSlots> gradients, bool isMean,
                       ActionHelpers &helpers) {
  ModuleOp module = train.module;
  std::optional<ActionBuilder> action;
  for (const GradientSlots &ofObjective : gradients)
    for (const auto &[parameter, uses] : findUses(train, ofObjective)) {
      if (uses.size() < 2)
        continue;
      if (!action)
        action.emplace(createAction(module, GraphOp(train.graph).getLoc(), "train.tied", ActionKind::Tied, "train"));
      llvm::SmallDenseSet<int64_t> stages;
      for (SlotOp use : uses) {
        std::optional<int64_t> stage = stageOf(module, use);
        if (!stages.insert(stage.value_or(0)).second)
          continue;
        action->enterStage(stage);
        sumUses(uses, use, isMean, *action, helpers);
      }
    }
  return action.has_value();
}
