//===- NarrowFactors.cpp - Rounded factors in a type that the target multiplies -------------===//
#include "dialects/Sluice/SluiceDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "passes/Numerics/Narrow.h"
#include "passes/Numerics/Passes.h"

namespace sluice {
#define GEN_PASS_DEF_NARROWFACTORS
#include "passes/Numerics/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;
using precision::FloatFormat;

/// The format whose values a tensor has, by what computes it; nothing where that does not round.
static std::optional<FloatFormat> formatOf(Value value) {
  if (auto quantize = value.getDefiningOp<QuantizeOp>(); quantize && !quantize.getScaled())
    return quantize.getFormat().getValue();
  auto widened = value.getDefiningOp<arith::ExtFOp>();
  if (!widened)
    return std::nullopt;
  std::string name, ignored;
  llvm::raw_string_ostream(name) << getElementTypeOrSelf(widened.getIn());
  return FloatFormat::parse(name, ignored);
}

/// The two that a contraction multiplies; none of an op that is no plain one.
static SmallVector<OpOperand *> factorsOf(Operation *op) {
  if (auto linear = dyn_cast<LinearOp>(op); linear && !linear.getAccumulation())
    return {&linear.getInputMutable(), &linear.getWeightMutable()};
  if (auto product = dyn_cast<MatmulOp>(op); product && !product.getAccumulation())
    return {&product.getLhsMutable(), &product.getRhsMutable()};
  return {};
}

namespace {
struct NarrowFactors : sluice::impl::NarrowFactorsBase<NarrowFactors> {
  void runOnOperation() override {
    auto module = getOperation()->getParentOfType<ModuleOp>();
    auto target = dyn_cast_or_null<TargetAttrInterface>(module->getAttr(targetAttrName));
    if (!target)
      return;
    llvm::DenseMap<std::pair<Value, Type>, Value> narrow;
    getOperation().walk([&](ComputeTypeOpInterface op) {
      SmallVector<OpOperand *> factors = factorsOf(op);
      if (factors.empty() || op.getComputeTypeAttr())
        return;
      std::optional<FloatFormat> left = formatOf(factors[0]->get()), right = formatOf(factors[1]->get());
      FloatType type = left && right ? target.getFactorType(*left, *right) : FloatType();
      if (!type)
        return;
      op.setComputeTypeAttr(TypeAttr::get(type));
      // In memory tf32 are f32.
      for (OpOperand *factor : type.isTF32() ? SmallVector<OpOperand *>() : factors)
        factor->set(narrowed(factor->get(), type, narrow));
    });
  }

private:
  /// The value by way of the type, one for all uses.
  static Value narrowed(Value value, FloatType type, llvm::DenseMap<std::pair<Value, Type>, Value> &known) {
    auto widened = value.getDefiningOp<arith::ExtFOp>();
    if (widened && getElementTypeOrSelf(widened.getIn()) == type)
      return value;
    Value &result = known[{value, type}];
    if (!result) {
      Operation *rounded = createRounded(value, type);
      OpBuilder builder(rounded->getContext());
      builder.setInsertionPointAfter(rounded);
      result = arith::ExtFOp::create(builder, value.getLoc(), value.getType(), rounded->getResult(0));
    }
    return result;
  }
};
} // namespace
