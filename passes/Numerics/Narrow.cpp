//===- Narrow.cpp - Values that are rounded anyway ---------------------------------===//
#include "passes/Numerics/Narrow.h"
#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/UB/IR/UBOps.h"

using namespace mlir;
using namespace sluice;

bool sluice::isOnlyRounded(Value value, Type type, Operation *other) {
  return llvm::all_of(value.getUses(), [&](OpOperand &use) {
    Operation *user = use.getOwner();
    if (user == other)
      return true;
    if (user->hasTrait<OnlyRearranges>())
      return llvm::all_of(user->getResults(), [&](Value result) { return isOnlyRounded(result, type); });
    auto contraction = dyn_cast<ComputeTypeOpInterface>(user);
    return contraction && contraction.getComputeTypeAttr() && contraction.getComputeTypeAttr().getValue() == type &&
           contraction.isOnlyRounded(use);
  });
}

/// What the first contraction rounds it to that uses the value, maybe rearranged.
static Type firstRoundedTo(Value value) {
  for (Operation *user : value.getUsers()) {
    if (auto contraction = dyn_cast<ComputeTypeOpInterface>(user); contraction && contraction.getComputeTypeAttr())
      return contraction.getComputeTypeAttr().getValue();
    if (user->hasTrait<OnlyRearranges>())
      for (Value result : user->getResults())
        if (Type type = firstRoundedTo(result))
          return type;
  }
  return {};
}

Type sluice::typeRoundedTo(Value value) {
  Type type = firstRoundedTo(value);
  // What is rounded to more bits than these takes as much memory as f32.
  bool isNarrow = type && type.getIntOrFloatBitWidth() == 16;
  return isNarrow && isOnlyRounded(value, type) ? type : Type();
}

Type sluice::withElement(Type tensor, Type element) { return cast<RankedTensorType>(tensor).clone(element); }

Operation *sluice::createRounded(Value wide, Type element) {
  OpBuilder builder(wide.getContext());
  builder.setInsertionPointAfterValue(wide);
  return arith::TruncFOp::create(builder, wide.getLoc(), withElement(wide.getType(), element), wide);
}

void sluice::replaceByNarrow(Value wide, Value narrow, Operation *other) {
  Value widened;
  for (OpOperand &use : llvm::make_early_inc_range(wide.getUses())) {
    Operation *user = use.getOwner();
    if (user == other)
      continue;
    OpBuilder builder(user);
    if (user->hasTrait<OnlyRearranges>()) {
      Operation *clone = builder.clone(*user);
      clone->setOperand(use.getOperandNumber(), narrow);
      for (auto [from, to] : llvm::zip_equal(user->getResults(), clone->getResults())) {
        to.setType(withElement(to.getType(), getElementTypeOrSelf(narrow)));
        replaceByNarrow(from, to);
      }
      user->erase();
      continue;
    }
    if (!widened) {
      builder.setInsertionPointAfterValue(narrow);
      widened = arith::ExtFOp::create(builder, narrow.getLoc(), wide.getType(), narrow);
    }
    use.set(widened);
  }
}

void sluice::narrowArgument(func::FuncOp function, unsigned index, Type element) {
  // The argument changes its type, so what is used is a stand-in that has the old one until all uses are gone.
  BlockArgument argument = function.getArgument(index);
  OpBuilder builder = OpBuilder::atBlockBegin(&function.getBody().front());
  Type wide = argument.getType();
  argument.setType(withElement(wide, element));
  auto standIn = ub::PoisonOp::create(builder, argument.getLoc(), wide);
  argument.replaceAllUsesWith(standIn);
  replaceByNarrow(standIn, argument);
  standIn.erase();
  updateType(function);
}

void sluice::updateType(func::FuncOp function) {
  Block &body = function.getBody().front();
  function.setFunctionType(
      FunctionType::get(function.getContext(), body.getArgumentTypes(), body.getTerminator()->getOperandTypes()));
}
