//===- OptimizersToLinalg.cpp - Updates of parameters as linalg --------------------===//
#include "passes/Tensors/OptimizersToLinalg.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "passes/Build/Formula.h"
#include <cmath>

using namespace mlir;
using namespace sluice;

Value sluice::narrowScalar(ImplicitLocOpBuilder &b, Value value, Type type) {
  return value.getType() == type ? value : Value(arith::TruncFOp::create(b, type, value));
}

static SmallVector<Value> lowerAdamW(LinalgBuilder &b, AdamWOp op) {
  SmallVector<Value> inputs = {op.getGradient()};
  llvm::append_range(inputs, op.getScalars());
  inputs.push_back(op.getParameter());
  // States are updated in place. The parameter is not: its new value may go to other memory.
  return b.elementwise(inputs, {b.empty(op.getParameter().getType()), op.getFirst(), op.getSecond()},
                       [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                         Formula f{b, v[0].getType()};
                         Value rate = v[1], beta1 = v[2], beta2 = v[3], epsilon = v[4], decay = v[5],
                               correction1 = narrowScalar(b, v[6], v[0].getType()),
                               correction2 = narrowScalar(b, v[7], v[0].getType()), clip = v[8], p = v[9], m = v[11],
                               s = v[12];
                         Value g = f.mul(v[0], clip);
                         m = f.add(f.mul(beta1, m), f.mul(f.sub(f.c(1), beta1), g));
                         s = f.add(f.mul(beta2, s), f.mul(f.sub(f.c(1), beta2), f.mul(g, g)));
                         if (op.getDecays())
                           p = f.sub(p, f.mul(f.mul(rate, decay), p));
                         Value root = math::SqrtOp::create(b, f.div(s, correction2));
                         p = f.sub(p, f.div(f.mul(rate, f.div(m, correction1)), f.add(root, epsilon)));
                         return {p, m, s};
                       });
}

static SmallVector<Value> lowerSgd(LinalgBuilder &b, SgdOp op) {
  SmallVector<Value> inputs = {op.getGradient()};
  llvm::append_range(inputs, op.getScalars());
  inputs.push_back(op.getParameter());
  return b.elementwise(inputs, {b.empty(op.getParameter().getType()), op.getMomentum()},
                       [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                         Formula f{b, v[0].getType()};
                         Value rate = v[1], momentum = v[2], decay = v[3], clip = v[4], p = v[5], m = v[7];
                         Value g = f.mul(v[0], clip);
                         if (op.getDecays())
                           g = f.add(g, f.mul(decay, p));
                         m = f.add(f.mul(momentum, m), g);
                         return {f.sub(p, f.mul(rate, m)), m};
                       });
}

static SmallVector<Value> lowerMuon(LinalgBuilder &b, MuonOp op) {
  auto type = cast<RankedTensorType>(op.getParameters().front().getType());
  int64_t rows = type.getDimSize(0), columns = type.getDimSize(1), count = op.getParameters().size();
  double outputs = double(columns) / op.getParts();
  double scale = std::sqrt(std::max(1.0, outputs / rows));
  Value rate = op.getScalars()[0], momentum = op.getScalars()[1], decay = op.getScalars()[2], clip = op.getScalars()[3];
  auto stackType = RankedTensorType::get({count, rows, columns}, type.getElementType());
  auto sizes = getAsIndexOpFoldResult(b.getContext(), {1, rows, columns});
  auto strides = getAsIndexOpFoldResult(b.getContext(), {1, 1, 1});
  auto offsets = [&](int64_t index) { return getAsIndexOpFoldResult(b.getContext(), {index, 0, 0}); };
  auto matrix = [&](Value stack, int64_t index) -> Value {
    return tensor::ExtractSliceOp::create(b, type, stack, offsets(index), sizes, strides);
  };

  SmallVector<Value> momenta, results;
  Value stack = b.empty(stackType);
  for (auto [index, gradient, old] : llvm::enumerate(op.getGradients(), op.getMomenta())) {
    auto updated = b.elementwise({gradient, momentum, clip}, {old, matrix(stack, index)},
                                 [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                                   Formula f{b, v[0].getType()};
                                   Value g = f.mul(v[0], v[2]), m = f.add(f.mul(v[1], v[3]), g);
                                   return {m, f.add(g, f.mul(v[1], m))};
                                 });
    momenta.push_back(updated[0]);
    stack = tensor::InsertSliceOp::create(b, updated[1], stack, offsets(index), sizes, strides);
  }
  stack = BlockedNewtonSchulzOp::create(b, stackType, stack, b.empty(stackType), op.getParts(), /*block=*/nullptr)
              .getResults()
              .front();
  for (auto [index, parameter] : llvm::enumerate(op.getParameters()))
    results.append(b.elementwise({matrix(stack, index), rate, decay, parameter}, b.empty(type),
                                 [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                                   Formula f{b, v[0].getType()};
                                   Value p = v[3];
                                   if (op.getDecays())
                                     p = f.sub(p, f.mul(f.mul(v[1], v[2]), p));
                                   return {f.sub(p, f.mul(v[1], f.mul(f.c(scale), v[0])))};
                                 }));
  results.append(momenta);
  return results;
}

void sluice::addOptimizerLowerings(LinalgLowerings &lowerings) { lowerings.add(lowerAdamW, lowerSgd, lowerMuon); }
