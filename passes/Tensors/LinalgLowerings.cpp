//===- LinalgLowerings.cpp - Which function lowers an op to linalg -----------------===//
#include "passes/Tensors/LinalgLowerings.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace sluice;

SmallVector<Value> LinalgLowerings::lower(Operation *op) const {
  Location location = NameLoc::get(StringAttr::get(op->getContext(), op->getName().stripDialect()), op->getLoc());
  LinalgBuilder builder(location, op);
  for (const auto &entry : entries)
    if (SmallVector<Value> values = entry(builder, op); !values.empty())
      return values;
  return {};
}

AddOp sluice::accumulatingAdd(Value result) {
  if (!result.hasOneUse())
    return nullptr;
  auto add = dyn_cast<AddOp>(*result.user_begin());
  if (!add || add.getRhs() != result || add.getLhs() == result)
    return nullptr;
  auto argument = dyn_cast<BlockArgument>(add.getLhs());
  auto function = argument ? dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp()) : nullptr;
  return function && function.getArgAttr(argument.getArgNumber(), updatesAttrName) ? add : nullptr;
}

Value sluice::accumulatorOf(LinalgBuilder &b, Value result) {
  AddOp add = accumulatingAdd(result);
  return add ? add.getLhs() : b.filled(result.getType(), 0);
}

Value sluice::factorOf(ComputeTypeOpInterface op, Value value) {
  auto widened = value.getDefiningOp<arith::ExtFOp>();
  bool isFactor =
      widened && op.getComputeTypeAttr() && getElementTypeOrSelf(widened.getIn()) == op.getComputeTypeAttr().getValue();
  return isFactor ? widened.getIn() : value;
}
