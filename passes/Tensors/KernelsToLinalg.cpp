//===- KernelsToLinalg.cpp - Blocked ops get destinations; the optimizer ------------===//
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "passes/Build/Formula.h"
#include "passes/Tensors/SluiceToLinalg.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace sluice;

template <typename KernelOp> SmallVector<Value> ToLinalg::kernel(ValueRange inputs, ValueRange outputs) {
  auto op = KernelOp::create(b, ValueRange(outputs).getTypes(), inputs, outputs);
  return SmallVector<Value>(op->getResults());
}

SmallVector<Value> ToLinalg::blocked(Operation *op) {
  auto randomness = [](auto op, SmallVector<Value> inputs) {
    if (op.getRandomKey())
      inputs.append({op.getRandomKey(), op.getLayer(), op.getRate()});
    return inputs;
  };
  auto outputs = [&](Operation *op) {
    return llvm::map_to_vector(op->getResultTypes(), [&](Type type) { return b.empty(type); });
  };
  // Where a weight's gradient goes, and whether it is added to what is there: the sum it is a term of, if there is one.
  auto gradientDestination = [&](Value gradient) {
    AddOp add = accumulatingAdd(gradient);
    return std::pair<Value, bool>(add ? add.getLhs() : b.empty(gradient.getType()), bool(add));
  };
  return TypeSwitch<Operation *, SmallVector<Value>>(op)
      .Case([&](EmbeddingOp op) { return kernel<GatherRowsOp>({op.getIndices(), op.getTable()}, outputs(op)); })
      .Case([&](EmbeddingBackwardOp op) {
        return kernel<ScatterRowsOp>({op.getGradient(), op.getIndices()}, accumulatorOf(op.getResult()));
      })
      .Case([&](AttentionOp op) {
        auto inputs = randomness(op, {narrow(op.getQuery()), narrow(op.getKey()), narrow(op.getValue())});
        auto blocked = BlockedAttentionOp::create(b, op->getResultTypes(), inputs, outputs(op), op.getHeads(),
                                                  op.getCausal(), op.getOrdinal(), op.getComputeTypeAttr());
        return SmallVector<Value>(blocked.getResults());
      })
      .Case([&](AttentionBackwardOp op) {
        auto inputs = randomness(op, {op.getGradient(), narrow(op.getQuery()), narrow(op.getKey()),
                                      narrow(op.getValue()), op.getResult(), op.getLogsumexp()});
        auto blocked = BlockedAttentionBackwardOp::create(b, op->getResultTypes(), inputs, outputs(op), op.getHeads(),
                                                          op.getCausal(), op.getOrdinal(), op.getComputeTypeAttr());
        return SmallVector<Value>(blocked.getResults());
      })
      .Case([&](LinearCrossEntropyOp op) {
        auto blocked = BlockedCrossEntropyOp::create(
            b, op->getResultTypes(), ValueRange{factor(op, op.getInput()), op.getWeight(), op.getTargets()},
            outputs(op), op.getComputeTypeAttr());
        return SmallVector<Value>(blocked.getResults());
      })
      .Case([&](LinearCrossEntropyBackwardOp op) {
        auto [dweight, adds] = gradientDestination(op.getDweight());
        auto blocked = BlockedCrossEntropyBackwardOp::create(
            b, op->getResultTypes(),
            ValueRange{op.getGradient(), factor(op, op.getInput()), op.getWeight(), op.getTargets(), op.getLogsumexp()},
            ValueRange{b.empty(op.getDinput().getType()), dweight}, adds, op.getComputeTypeAttr());
        return SmallVector<Value>(blocked.getResults());
      })
      .Case([&](LinearCrossEntropyWithGradientOp op) {
        auto [dweight, adds] = gradientDestination(op.getDweight());
        auto blocked = BlockedCrossEntropyWithGradientOp::create(
            b, op->getResultTypes(),
            ValueRange{op.getGradient(), factor(op, op.getInput()), op.getWeight(), op.getTargets()},
            ValueRange{b.empty(op.getLoss().getType()), b.empty(op.getDinput().getType()), dweight}, adds,
            op.getComputeTypeAttr());
        return SmallVector<Value>(blocked.getResults());
      })
      .Case([&](StandardizationLossOp op) {
        auto blocked =
            BlockedStandardizationLossOp::create(b, op->getResultTypes(), ValueRange{op.getInput(), op.getTargets()},
                                                 outputs(op), op.getAveraged(), op.getEpsilon());
        return SmallVector<Value>(blocked.getResults());
      })
      .Default([](Operation *) { return SmallVector<Value>(); });
}

SmallVector<Value> ToLinalg::adamw(AdamWOp op) {
  SmallVector<Value> inputs = {op.getGradient()};
  llvm::append_range(inputs, op.getScalars());
  return b.elementwise(inputs, {op.getParameter(), op.getFirst(), op.getSecond()},
                       [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                         Formula f{b, v[0].getType()};
                         Value rate = v[1], beta1 = v[2], beta2 = v[3], epsilon = v[4], decay = v[5],
                               correction1 = v[6], correction2 = v[7], clip = v[8], p = v[9], m = v[10], s = v[11];
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

SmallVector<Value> ToLinalg::sgd(SgdOp op) {
  SmallVector<Value> inputs = {op.getGradient()};
  llvm::append_range(inputs, op.getScalars());
  return b.elementwise(inputs, {op.getParameter(), op.getMomentum()},
                       [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                         Formula f{b, v[0].getType()};
                         Value rate = v[1], momentum = v[2], decay = v[3], clip = v[4], p = v[5], m = v[6];
                         Value g = f.mul(v[0], clip);
                         if (op.getDecays())
                           g = f.add(g, f.mul(decay, p));
                         m = f.add(f.mul(momentum, m), g);
                         return {f.sub(p, f.mul(rate, m)), m};
                       });
}

SmallVector<Value> ToLinalg::muon(MuonOp op) {
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
  stack = BlockedNewtonSchulzOp::create(b, stackType, stack, b.empty(stackType), op.getParts()).getResults().front();
  for (auto [index, parameter] : llvm::enumerate(op.getParameters()))
    results.append(b.elementwise({matrix(stack, index), rate, decay}, parameter,
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
