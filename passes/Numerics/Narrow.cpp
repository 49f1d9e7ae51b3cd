//===- Narrow.cpp - Values that are rounded anyway ---------------------------------===//
#include "passes/Numerics/Narrow.h"
#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

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
