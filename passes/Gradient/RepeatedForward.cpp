//===- RepeatedForward.cpp - What backward computes again -----------------------------===//
#include "passes/Gradient/RepeatedForward.h"
#include "mlir/Dialect/UB/IR/UBOps.h"
#include "passes/Gradient/ForwardAction.h"

using namespace mlir;
using namespace sluice;

/// The layers of a stage whose forward something in its backward depends on, in order.
SmallVector<unsigned> RepeatedForward::findRepeated(std::optional<int64_t> stage) const {
  llvm::DenseSet<Value> wanted;
  SmallVector<unsigned> repeated;
  auto want = [&](LayerOp user, Value value) {
    if (TrainingGraph::isOfRepeatedStage(user, value))
      wanted.insert(value);
  };
  for (unsigned index = train.layers.size(); index-- > 0;) {
    LayerOp layer = train.layers[index];
    if (!layer.getRecomputeStage() || layer.getStage() != stage)
      continue;
    for (LayerFunctions::Argument argument : train.functions[index].backwardArguments)
      if (argument.source == LayerFunctions::Source::Operand)
        want(layer, layer.getOperand(argument.index));
    if (!train.isRepeated(index) && llvm::none_of(layer->getResults(), [&](Value v) { return wanted.contains(v); }))
      continue;
    repeated.push_back(index);
    for (Value input : layer.getInputs())
      want(layer, input);
  }
  std::reverse(repeated.begin(), repeated.end());
  return repeated;
}

ValueRange RepeatedForward::repeat(unsigned index, BranchBuilder otherwise) {
  LayerOp layer = train.layers[index];
  func::FuncOp forward = train.functions[index].forward;
  auto operands = llvm::map_to_vector(layer.getInputs(), [&](Value value) { return get(layer, value); });
  ValueRange results = action.callGated(layer, forward, operands, otherwise, slots.results());
  // What only backward needs is computed here for the first time.
  std::prev(action.builder.getInsertionPoint())->walk([&](func::CallOp call) {
    if (slots.runsForward(index) && call.getCallee() == forward.getSymName())
      call->setAttr(repeatsAttrName, UnitAttr::get(call.getContext()));
  });
  return results;
}

void RepeatedForward::enter(unsigned index) {
  std::optional<int64_t> stage = LayerOp(train.layers[index]).getStage();
  if (!LayerOp(train.layers[index]).getRecomputeStage() || llvm::is_contained(entered, stage))
    return;
  entered.push_back(stage);
  for (unsigned number : findRepeated(stage)) {
    LayerOp layer = train.layers[number];
    func::FuncOp forward = train.functions[number].forward;
    auto operand = [&] { return get(layer, layer.getInputs().front()); };
    // Layers behind it take what a dropped layer passes on.
    auto dropLayer = [&](OpBuilder &builder) { return dropForward(builder, layer, forward, operand(), helpers); };
    ofStages[number] = repeat(number, dropLayer);
    for (auto [inGraph, inAction] : llvm::zip(layer.getResults(), ofStages[number]))
      values[inGraph] = inAction;
  }
}

SmallVector<Value> RepeatedForward::resultsOf(unsigned index) {
  if (!train.isRepeated(index))
    return {};
  LayerOp layer = train.layers[index];
  if (layer.getRecomputeStage())
    return ofStages.lookup(index);
  // Nobody looks at what a dropped layer would have computed.
  func::FuncOp forward = train.functions[index].forward;
  return repeat(index, [&](OpBuilder &builder) {
    return llvm::map_to_vector(forward.getResultTypes(),
                               [&](Type type) -> Value { return ub::PoisonOp::create(builder, layer.getLoc(), type); });
  });
}

Value RepeatedForward::get(LayerOp user, Value value) {
  if (TrainingGraph::isOfRepeatedStage(user, value))
    if (Value repeated = values.lookup(value))
      return repeated;
  return action.get(value, slots.results());
}
