//===- SluiceToLinalg.cpp - The tensor ops as linalg ------------------------------===//
#include "passes/Tensors/SluiceToLinalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Utils/Utils.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "passes/Build/BFloat16.h"
#include "passes/Build/Formula.h"
#include "passes/Tensors/Passes.h"
#include "passes/Build/RandomBits.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

namespace sluice {
#define GEN_PASS_DEF_SLUICETOLINALG
#include "passes/Tensors/Passes.h.inc"
} // namespace sluice

using namespace mlir;
using namespace sluice;

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

AddOp ToLinalg::accumulatingAdd(Value result) {
  if (!result.hasOneUse())
    return nullptr;
  auto add = dyn_cast<AddOp>(*result.user_begin());
  if (!add || add.getRhs() != result || add.getLhs() == result)
    return nullptr;
  auto argument = dyn_cast<BlockArgument>(add.getLhs());
  auto function = argument ? dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp()) : nullptr;
  return function && function.getArgAttr(argument.getArgNumber(), updatesAttrName) ? add : nullptr;
}

Value ToLinalg::accumulatorOf(Value result) {
  AddOp add = accumulatingAdd(result);
  return add ? add.getLhs() : b.filled(result.getType(), 0);
}

Value ToLinalg::binary(Operation *op) {
  Value result = op->getResult(0);
  return b
      .elementwise(op->getOperands(), b.empty(result.getType()),
                   [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                     Formula f{b, v[0].getType()};
                     if (isa<AddOp>(op))
                       return {f.add(v[0], v[1])};
                     if (isa<MulOp>(op))
                       return {f.mul(v[0], v[1])};
                     return {f.mul(v[0], f.c(cast<ScaleOp>(op).getFactor().convertToDouble()))};
                   })
      .front();
}

SmallVector<Value> ToLinalg::activation(ActivationOpInterface op) {
  SmallVector<Value> inputs = {op.getInput()};
  if (op.getGradient())
    inputs.insert(inputs.begin(), op.getGradient());
  auto outputs = llvm::map_to_vector(op->getResultTypes(), [&](Type type) { return b.empty(type); });
  SmallVector<Value> results =
      b.elementwise(inputs, outputs, [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
        Formula f{b, v[0].getType()};
        ActivationFormula activation = op.buildFormula(f, v[inputs.size() - 1]);
        SmallVector<Value> yielded;
        if (op.computesActivation())
          yielded.push_back(activation.value);
        if (op.getGradient())
          yielded.push_back(f.mul(v[0], activation.derivative));
        return yielded;
      });
  // Where only one of the two is computed, the other's part of the formula.
  Block &body = results.front().getDefiningOp()->getRegion(0).front();
  for (Operation &inside : llvm::make_early_inc_range(llvm::reverse(body)))
    if (isOpTriviallyDead(&inside))
      inside.erase();
  return results;
}

Value ToLinalg::dropout(DropoutOp op) {
  RankedTensorType type = op.getType();
  DropoutMask mask = readDropoutMask(b, op.getKey(), op.getLayer(), op.getRate(), op.getOrdinal(), type.getDimSize(0),
                                     type.getElementType());
  return b
      .elementwise(op.getInput(), b.empty(type),
                   [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                     auto index = [&](int64_t dimension) -> Value {
                       return arith::IndexCastOp::create(b, b.getI32Type(), linalg::IndexOp::create(b, dimension));
                     };
                     Value element = arith::ConstantOp::create(b, b.getI32IntegerAttr(0));
                     for (int64_t d = 1; d < type.getRank(); ++d) {
                       Value size = arith::ConstantOp::create(b, b.getI32IntegerAttr(type.getDimSize(d)));
                       element = arith::AddIOp::create(b, arith::MulIOp::create(b, element, size), index(d));
                     }
                     return {arith::MulFOp::create(b, v[0], dropoutFactor(b, mask, element, index(0)))};
                   })
      .front();
}

Value ToLinalg::bernoulli(BernoulliOp op) {
  auto word = [&](int64_t index) -> Value {
    return tensor::ExtractOp::create(b, op.getKey(), ValueRange(arith::ConstantIndexOp::create(b, index)));
  };
  auto constant = [](ImplicitLocOpBuilder &b, int32_t value) -> Value {
    return arith::ConstantOp::create(b, b.getI32IntegerAttr(value));
  };
  Value seedLow = word(0), seedHigh = word(1), step = word(2), microBatch = op.getStep() ? constant(b, 0) : word(3);
  return b
      .elementwise(op.getProbability(), b.empty(op.getType()),
                   [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                     Value index = arith::IndexCastOp::create(b, b.getI32Type(), linalg::IndexOp::create(b, 0));
                     Value bits = philoxWord(b, {index, microBatch, step, constant(b, -1)}, {seedLow, seedHigh});
                     // In f64, where both sides are exact: a probability of 1 is above every word.
                     Value probability =
                         v[0].getType().isF64() ? v[0] : Value(arith::ExtFOp::create(b, b.getF64Type(), v[0]));
                     Formula f{b, b.getF64Type()};
                     Value drawn = arith::UIToFPOp::create(b, f.type, bits);
                     Value isOne = arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, drawn,
                                                         f.mul(probability, f.c(std::ldexp(1.0, 32))));
                     Formula result{b, v[0].getType()};
                     return {arith::SelectOp::create(b, isOne, result.c(1), result.c(0))};
                   })
      .front();
}

Value ToLinalg::element(ElementOp op) {
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value index = arith::IndexCastOp::create(b, b.getIndexType(), tensor::ExtractOp::create(b, op.getIndex(), zero));
  Value value = tensor::ExtractOp::create(b, op.getVector(), index);
  return tensor::FromElementsOp::create(b, op.getType(), value);
}

Value ToLinalg::reshape(ReshapeOp op) {
  RankedTensorType from = typeOf(op.getInput()), to = op.getType();
  auto reassociation = getReassociationIndicesForReshape(from, to);
  if (reassociation && from.getRank() > to.getRank())
    return tensor::CollapseShapeOp::create(b, to, op.getInput(), *reassociation);
  if (reassociation && from.getRank() < to.getRank())
    return tensor::ExpandShapeOp::create(b, to, op.getInput(), *reassociation);
  // By way of a vector.
  auto flat = RankedTensorType::get({from.getNumElements()}, from.getElementType());
  auto all = [](RankedTensorType type) {
    SmallVector<ReassociationIndices> groups;
    if (type.getRank() > 0)
      groups.emplace_back(llvm::to_vector(llvm::seq<int64_t>(0, type.getRank())));
    return groups;
  };
  Value vector = from.getRank() == 1   ? op.getInput()
                 : from.getRank() == 0 ? Value(tensor::ExpandShapeOp::create(b, flat, op.getInput(), all(from)))
                                       : Value(tensor::CollapseShapeOp::create(b, flat, op.getInput(), all(from)));
  if (to.getRank() == 0)
    return tensor::CollapseShapeOp::create(b, to, vector, ArrayRef<ReassociationIndices>());
  return tensor::ExpandShapeOp::create(b, to, vector, all(to));
}

static SmallVector<OpFoldResult> indexAttributes(OpBuilder &b, ArrayRef<int64_t> values) {
  return getAsIndexOpFoldResult(b.getContext(), values);
}

Value ToLinalg::slice(Value input, Type type, int64_t offsetOfLast) {
  auto tensorType = cast<RankedTensorType>(type);
  SmallVector<int64_t> offsets(tensorType.getRank(), 0), strides(tensorType.getRank(), 1);
  offsets.back() = offsetOfLast;
  return tensor::ExtractSliceOp::create(b, tensorType, input, indexAttributes(b, offsets),
                                        indexAttributes(b, tensorType.getShape()), indexAttributes(b, strides));
}

static Value insert(LinalgBuilder &b, Value part, Value whole, int64_t offsetOfLast) {
  RankedTensorType type = typeOf(part);
  SmallVector<int64_t> offsets(type.getRank(), 0), strides(type.getRank(), 1);
  offsets.back() = offsetOfLast;
  return tensor::InsertSliceOp::create(b, part, whole, indexAttributes(b, offsets), indexAttributes(b, type.getShape()),
                                       indexAttributes(b, strides));
}

Value ToLinalg::padRows(PadRowsOp op) {
  Value rows = op.getInput(), whole = accumulatorOf(op.getResult());
  if (accumulatingAdd(op.getResult())) {
    Value old = slice(whole, rows.getType(), 0);
    rows = b.elementwise(rows, old, addTo).front();
  }
  return insert(b, rows, whole, 0);
}

Value ToLinalg::concat(ConcatOp op) {
  Value whole = b.empty(op.getType());
  int64_t offset = 0;
  for (Value part : op.getInputs()) {
    whole = insert(b, part, whole, offset);
    offset += typeOf(part).getShape().back();
  }
  return whole;
}

Value ToLinalg::narrow(Value value) {
  auto widened = value.getDefiningOp<arith::ExtFOp>();
  return widened && getElementTypeOrSelf(widened.getIn()).isBF16() ? widened.getIn() : value;
}

Value ToLinalg::factor(ComputeTypeOpInterface op, Value value) {
  return op.getComputeTypeAttr() ? narrow(value) : value;
}

SmallVector<Value> ToLinalg::lower(Operation *op) {
  return TypeSwitch<Operation *, SmallVector<Value>>(op)
      .Case<AddOp, MulOp, ScaleOp>([&](Operation *op) { return SmallVector<Value>{binary(op)}; })
      .Case<arith::TruncFOp, arith::ExtFOp>(
          [&](auto op) { return b.elementwise(op.getIn(), b.empty(op.getType()), convertOf); })
      .Case([&](ActivationOpInterface op) { return activation(op); })
      .Case([&](DropoutOp op) { return SmallVector<Value>{dropout(op)}; })
      .Case([&](BernoulliOp op) { return SmallVector<Value>{bernoulli(op)}; })
      .Case([&](ElementOp op) { return SmallVector<Value>{element(op)}; })
      .Case([&](ReshapeOp op) { return SmallVector<Value>{reshape(op)}; })
      .Case([&](SliceRowsOp op) { return SmallVector<Value>{slice(op.getInput(), op.getType(), 0)}; })
      .Case([&](PadRowsOp op) { return SmallVector<Value>{padRows(op)}; })
      .Case([&](ConcatOp op) { return SmallVector<Value>{concat(op)}; })
      .Case([&](ZeroOp op) { return SmallVector<Value>{b.filled(op.getType(), 0)}; })
      .Case([&](SplitOp op) {
        SmallVector<Value> parts;
        int64_t offset = 0;
        for (Value result : op.getResults()) {
          parts.push_back(slice(op.getInput(), result.getType(), offset));
          offset += typeOf(result).getShape().back();
        }
        return parts;
      })
      .Case([&](SumLeadingOp op) {
        return SmallVector<Value>{b.reduceLeading(op.getInput(), accumulatorOf(op.getResult()), addTo)};
      })
      .Case([&](LinearOp op) { return SmallVector<Value>{linear(op)}; })
      .Case([&](MatmulOp op) { return SmallVector<Value>{matmul(op)}; })
      .Case([&](NormOpInterface op) { return norm(op); })
      .Case([&](NormBackwardOpInterface op) { return normBackward(op); })
      .Case([&](StandardizationLossBackwardOp op) { return SmallVector<Value>{standardizationLossBackward(op)}; })
      .Case([&](SumOfSquaresOp op) { return SmallVector<Value>{sumOfSquares(op)}; })
      .Case([&](AdamWOp op) { return adamw(op); })
      .Case([&](SgdOp op) { return sgd(op); })
      .Case([&](MuonOp op) { return muon(op); })
      .Default([&](Operation *op) { return blocked(op); });
}

namespace {
struct SluiceToLinalg : sluice::impl::SluiceToLinalgBase<SluiceToLinalg> {
  void runOnOperation() override {
    SmallVector<Operation *> ops, widened;
    getOperation().walk([&](Operation *op) {
      if (isa<arith::TruncFOp>(op) && isa<RankedTensorType>(op->getResult(0).getType()))
        ops.push_back(op);
      if (isa<arith::ExtFOp>(op) && isa<RankedTensorType>(op->getResult(0).getType()))
        widened.push_back(op);
      if (op->getDialect() && op->getDialect()->getNamespace() == "sluice" && op->getNumResults() > 0 &&
          !isa<DestinationStyleOpInterface, FetchOp, ReadOp, InputOp, KeyOp, ScalarOp>(op))
        ops.push_back(op);
    });
    // Last, when ops that take what is narrow have done so.
    llvm::append_range(ops, widened);
    llvm::SmallPtrSet<Operation *, 8> erased;
    for (Operation *op : ops) {
      if (erased.contains(op))
        continue;
      if (isa<arith::ExtFOp>(op) && op->use_empty()) {
        op->erase();
        continue;
      }
      ToLinalg lowering(op);
      SmallVector<Value> values = lowering.lower(op);
      if (values.empty()) {
        op->emitOpError() << "has no lowering to linalg";
        return signalPassFailure();
      }
      for (auto [result, value] : llvm::zip_equal(op->getResults(), values)) {
        if (AddOp add = ToLinalg::accumulatingAdd(result)) {
          add.getResult().replaceAllUsesWith(value);
          erased.insert(add);
          add.erase();
        }
        result.replaceAllUsesWith(value);
      }
      op->erase();
    }
  }
};
} // namespace
