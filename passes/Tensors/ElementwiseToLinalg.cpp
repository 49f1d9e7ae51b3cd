//===- ElementwiseToLinalg.cpp - Element-by-element ops as linalg ------------------===//
#include "passes/Tensors/ElementwiseToLinalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Build/BFloat16.h"
#include "passes/Build/Formula.h"
#include "passes/Build/RandomBits.h"
#include <cmath>

using namespace mlir;
using namespace sluice;

/// Each element of the result of the same elements of the operands.
static Value mapElements(LinalgBuilder &b, Operation *op, function_ref<Value(Formula, ValueRange)> element) {
  return b
      .elementwise(op->getOperands(), b.empty(op->getResult(0).getType()),
                   [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                     return {element(Formula{b, v[0].getType()}, v)};
                   })
      .front();
}

static Value lowerAdd(LinalgBuilder &b, AddOp op) {
  return mapElements(b, op, [](Formula f, ValueRange v) { return f.add(v[0], v[1]); });
}

static Value lowerMul(LinalgBuilder &b, MulOp op) {
  return mapElements(b, op, [](Formula f, ValueRange v) { return f.mul(v[0], v[1]); });
}

static Value lowerScale(LinalgBuilder &b, ScaleOp op) {
  return mapElements(b, op,
                     [&](Formula f, ValueRange v) { return f.mul(v[0], f.c(op.getFactor().convertToDouble())); });
}

template <typename CastOp> static Value lowerCast(LinalgBuilder &b, CastOp op) {
  return b.elementwise(op.getIn(), b.empty(op.getType()), convertOf).front();
}

static Value lowerDropout(LinalgBuilder &b, DropoutOp op) {
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

static Value lowerBernoulli(LinalgBuilder &b, BernoulliOp op) {
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

void sluice::addElementwiseLowerings(LinalgLowerings &lowerings) {
  lowerings.add(lowerAdd, lowerMul, lowerScale, lowerCast<arith::TruncFOp>, lowerCast<arith::ExtFOp>, lowerDropout,
                lowerBernoulli);
}
