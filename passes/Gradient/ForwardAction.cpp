//===- ForwardAction.cpp - The action that runs the layers forward ------------------===//
#include "passes/Gradient/ForwardAction.h"
#include "mlir/Dialect/UB/IR/UBOps.h"

using namespace mlir;
using namespace sluice;

SmallVector<Value> sluice::dropForward(OpBuilder &builder, LayerOp layer, func::FuncOp forward, Value passed,
                                       ActionHelpers &helpers) {
  SmallVector<Value> values;
  for (auto [index, type] : llvm::enumerate(forward.getResultTypes()))
    values.push_back(index == 0                      ? helpers.callCopy(builder, passed)
                     : index < layer.getNumResults() ? helpers.callZero(builder, layer.getLoc(), type)
                                                     : ub::PoisonOp::create(builder, layer.getLoc(), type));
  return values;
}

void sluice::buildForward(const TrainingGraph &train, TrainingSlots &slots, ActionHelpers &helpers) {
  ActionBuilder action(
      createAction(train.module, GraphOp(train.graph).getLoc(), "train.forward", ActionKind::Forward, "train"));
  for (unsigned index = 0; index < train.layers.size(); ++index) {
    if (!slots.runsForward(index))
      continue;
    LayerOp layer = train.layers[index];
    action.enterStage(layer.getStage());
    auto operands = llvm::map_to_vector(layer.getInputs(), [&](Value value) { return action.get(value); });
    func::FuncOp forward = train.functions[index].forward;
    ValueRange values = action.callGated(layer, forward, operands, [&](OpBuilder &builder) {
      return dropForward(builder, layer, forward, operands.front(), helpers);
    });
    for (auto [inGraph, inAction] : llvm::zip(layer.getResults(), values)) {
      action.map(inGraph, inAction);
      if (SlotOp slot = slots.results().lookup(inGraph))
        action.store(inAction, slot);
    }
    if (train.isRepeated(index))
      continue;
    for (Value value : values.drop_front(layer.getNumResults()))
      action.store(value, slots.keep(index, value));
  }
  slots.storeResults(action, /*joined=*/false);
}
