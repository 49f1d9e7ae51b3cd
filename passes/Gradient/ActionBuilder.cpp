//===- ActionBuilder.cpp - The values of a graph inside an action -----------------===//
#include "passes/Gradient/ActionBuilder.h"
#include "dialects/Sluice/Check.h"

using namespace mlir;
using namespace sluice;

Value ActionBuilder::get(Value graphValue, const Slots &slots) {
  Value &value = values[graphValue];
  if (value)
    return value;
  if (auto argument = dyn_cast<BlockArgument>(graphValue))
    return value = InputOp::create(builder, graphValue.getLoc(), graphValue.getType(), argument.getArgNumber());
  if (auto slot = slots.lookup(graphValue))
    return value = fetch(slot);
  Operation *definition = graphValue.getDefiningOp();
  SLUICE_CHECK(definition->getNumOperands() == 0, "only ops without operands stand outside of layers");
  return value = builder.clone(*definition)->getResult(cast<OpResult>(graphValue).getResultNumber());
}

ValueRange ActionBuilder::call(Location location, func::FuncOp callee, ValueRange operands) {
  auto call = func::CallOp::create(builder, location, callee, operands);
  setStage(call, stage);
  return call.getResults();
}

ValueRange ActionBuilder::callGated(LayerOp layer, func::FuncOp callee, ValueRange operands, BranchBuilder otherwise,
                                    const Slots &slots) {
  Location location = layer.getLoc();
  if (!layer.getGate())
    return call(location, callee, operands);
  Value open = isOpen(builder, location, get(layer.getGate(), slots), *layer.getGateIndex());
  auto then = [&](OpBuilder &inside) {
    return SmallVector<Value>(func::CallOp::create(inside, location, callee, operands).getResults());
  };
  ValueRange results = createIf(builder, location, callee.getResultTypes(), open, then, otherwise);
  setStage(&*std::prev(builder.getInsertionPoint()), stage);
  return results;
}
