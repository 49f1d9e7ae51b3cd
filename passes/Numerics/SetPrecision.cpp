//===- SetPrecision.cpp - What contractions compute in --------------------------------===//
#include "dialects/Sluice/BinaryFacts.h"
#include "mlir/IR/Builders.h"
#include "passes/Numerics/Passes.h"
#include "passes/Numerics/PrecisionPolicy.h"

namespace sluice {
#define GEN_PASS_DEF_SETPRECISION
#include "passes/Numerics/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;
using precision::FloatFormat;

/// Terms of a sum, or rows and columns of a weight, that share a scale.
static constexpr int64_t sizeOfGroup = 128;

namespace {
/// An operand of a contraction of a layer.
struct Operand {
  OpOperand *use;
  bool isError;
  bool sumsRows; // the summed index counts rows, not columns
  bool isWeight; // a matrix of parameters, whose groups are squares
};

/// Applies a policy to the contractions of a module.
class PolicyWriter {
public:
  explicit PolicyWriter(const PrecisionPolicy &policy) : policy(policy) {}

  LogicalResult write(ComputeTypeOpInterface op);

private:
  /// Whether the policy treats the matrices of layers in another way than other contractions.
  bool isOfLayers() const { return policy.values || policy.accumulation; }
  static SmallVector<Operand> operandsOf(Operation *op);
  void quantize(const Operand &operand);
  LogicalResult writeOfLayer(AccumulationOpInterface op);

  const PrecisionPolicy &policy;
  /// By value and by format and groups: uses that round alike share the result.
  llvm::DenseMap<std::pair<Value, std::pair<Attribute, Attribute>>, Value> quantized;
};

struct SetPrecision : sluice::impl::SetPrecisionBase<SetPrecision> {
  using SetPrecisionBase::SetPrecisionBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    std::string problem;
    std::optional<PrecisionPolicy> policy = findPrecisionPolicy(&getContext(), compute, accumulate, problem);
    if (!policy) {
      module.emitError() << problem;
      return signalPassFailure();
    }
    PolicyWriter writer(*policy);
    SmallVector<ComputeTypeOpInterface> ops;
    module.walk([&](ComputeTypeOpInterface op) { ops.push_back(op); });
    for (ComputeTypeOpInterface op : ops)
      // One error says it for the whole model.
      if (failed(writer.write(op)))
        return signalPassFailure();
    BinaryFacts facts = BinaryFacts::of(module);
    facts.compute = StringAttr::get(&getContext(), compute);
    facts.accumulation =
        policy->accumulation ? StringAttr::get(&getContext(), textOf(policy->accumulation.getValue())) : StringAttr();
    facts.set(module);
  }
};
} // namespace

LogicalResult PolicyWriter::write(ComputeTypeOpInterface op) {
  auto product = dyn_cast<AccumulationOpInterface>(op.getOperation());
  if (isOfLayers() && product && product.isOfLayer())
    return writeOfLayer(product);
  // Attention multiplies factors of 16 bits, or f32.
  bool isTooWide = policy.native && policy.native.isTF32() && isa<AttentionOp, AttentionBackwardOp>(op.getOperation());
  op.setComputeTypeAttr(policy.native && !isTooWide ? TypeAttr::get(policy.native) : TypeAttr());
  return verifyComputeType(op);
}

SmallVector<Operand> PolicyWriter::operandsOf(Operation *op) {
  if (auto linear = dyn_cast<LinearOp>(op))
    return {{&linear.getInputMutable(), linear.getErrors(), /*sumsRows=*/false, /*isWeight=*/false},
            {&linear.getWeightMutable(), /*isError=*/false, /*sumsRows=*/false, /*isWeight=*/true}};
  auto product = cast<MatmulOp>(op);
  return {{&product.getLhsMutable(), product.getErrorsLhs(), product.getTransposeLhs(), /*isWeight=*/false},
          {&product.getRhsMutable(), product.getErrorsRhs(), !product.getTransposeRhs(), /*isWeight=*/false}};
}

void PolicyWriter::quantize(const Operand &operand) {
  const std::optional<FloatFormat> &format = operand.isError ? policy.errors : policy.values;
  if (!format)
    return;
  Value value = operand.use->get();
  Builder attributes(value.getContext());
  DenseI64ArrayAttr groups;
  if (policy.scaling == Scaling::Tensor) {
    groups = attributes.getDenseI64ArrayAttr({0, 0});
  } else if (policy.scaling == Scaling::Blocks) {
    int64_t rows = operand.isWeight || operand.sumsRows ? sizeOfGroup : 1;
    int64_t columns = operand.isWeight || !operand.sumsRows ? sizeOfGroup : 1;
    groups = attributes.getDenseI64ArrayAttr({rows, columns});
  }
  auto formatAttr = FormatAttr::get(value.getContext(), *format);
  Value &result = quantized[{value, {formatAttr, groups}}];
  if (!result) {
    OpBuilder builder(value.getContext());
    builder.setInsertionPointAfterValue(value);
    result = QuantizeOp::create(builder, operand.use->getOwner()->getLoc(), value, formatAttr, groups);
  }
  operand.use->set(result);
}

LogicalResult PolicyWriter::writeOfLayer(AccumulationOpInterface op) {
  if (Type element = getElementTypeOrSelf(op->getResult(0)); !element.isF32())
    return op.emitOpError() << "expected operands of f32 to round and to sum, found " << element;
  for (const Operand &operand : operandsOf(op))
    quantize(operand);
  AccumulationAttr accumulation = policy.accumulation;
  if (!accumulation)
    return success();
  int64_t terms = cast<ContractionOpInterface>(op.getOperation()).getForwardLength();
  if (accumulation.getValue().chunk > terms)
    op->emitWarning() << "expected chunks shorter than the sum of " << terms << " terms, found chunks of "
                      << accumulation.getValue().chunk;
  op.setAccumulationAttr(accumulation);
  return success();
}
