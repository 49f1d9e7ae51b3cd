//===- RoundedStateToLinalg.cpp - Updates of weights of few bits as linalg ---------===//
#include "passes/Tensors/RoundedStateToLinalg.h"
#include "dialects/Sluice/SluiceStateOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Build/Formula.h"
#include "passes/Build/RandomBits.h"
#include "passes/Build/Rounding.h"
#include "passes/Tensors/OptimizersToLinalg.h"

using namespace mlir;
using namespace sluice;

namespace {
/// Rounds exact sums at random, once each: an element has one word of Philox for each of its roundings.
class StateRounder {
public:
  /// Reads the words of the key once, outside of the loop.
  template <typename Update>
  StateRounder(LinalgBuilder &b, Update op)
      : shape(cast<RankedTensorType>(op.getParameter().getType()).getShape()), format(op.getFormat().getValue()) {
    auto word = [&](Value words, int64_t index) -> Value {
      return tensor::ExtractOp::create(b, words, ValueRange(arith::ConstantIndexOp::create(b, index)));
    };
    seed = {word(op.getKey(), 0), word(op.getKey(), 1)};
    counter = {Value(), word(op.getId(), 0), word(op.getKey(), 2), word(op.getId(), 1)};
  }

  /// Draws for an element, in the loop over all of them.
  void draw(ImplicitLocOpBuilder &b) {
    Type type = b.getI32Type();
    auto indexOf = [&](int64_t dimension) -> Value {
      return arith::IndexCastOp::create(b, type, linalg::IndexOp::create(b, dimension));
    };
    counter[0] = shape.empty() ? Value(arith::ConstantOp::create(b, b.getI32IntegerAttr(0))) : indexOf(0);
    for (size_t dimension = 1; dimension < shape.size(); ++dimension) {
      Value size = arith::ConstantOp::create(b, b.getI32IntegerAttr(int32_t(shape[dimension])));
      counter[0] = arith::AddIOp::create(b, arith::MulIOp::create(b, counter[0], size), indexOf(dimension));
    }
    words = philoxWords(b, counter, seed);
  }

  /// By the word of that place.
  Value round(ImplicitLocOpBuilder &b, ExactSum sum, size_t word) const {
    return roundSum(b, sum, format, precision::Rounding::Stochastic, words[word]);
  }
  /// x + left right.
  Value addProduct(ImplicitLocOpBuilder &b, Value x, Value left, Value right, size_t word) const {
    return round(b, ExactSum::ofProduct(b, left, right, x, /*isExact=*/false), word);
  }

private:
  ArrayRef<int64_t> shape;
  precision::FloatFormat format;
  std::array<Value, 2> seed;
  std::array<Value, 4> counter, words;
};
} // namespace

static SmallVector<Value> lowerRoundedAdamW(LinalgBuilder &b, RoundedAdamWOp op) {
  SmallVector<Value> inputs = {op.getGradient()};
  llvm::append_range(inputs, op.getScalars());
  inputs.push_back(op.getParameter());
  StateRounder rounder(b, op);
  // States are updated in place. The parameter is not: its new value may go to other memory.
  return b.elementwise(inputs, {b.empty(op.getParameter().getType()), op.getFirst(), op.getSecond()},
                       [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                         Formula f{b, v[0].getType()};
                         Value rate = v[1], beta1 = v[2], beta2 = v[3], epsilon = v[4], decay = v[5],
                               correction1 = narrowScalar(b, v[6], f.type), correction2 = narrowScalar(b, v[7], f.type),
                               clip = v[8], p = v[9], m = v[11], s = v[12];
                         rounder.draw(b);
                         Value g = f.mul(v[0], clip);
                         m = rounder.addProduct(b, f.mul(f.sub(f.c(1), beta1), g), beta1, m, 0);
                         s = f.add(f.mul(beta2, s), f.mul(f.sub(f.c(1), beta2), f.mul(g, g)));
                         Value root = math::SqrtOp::create(b, f.div(s, correction2));
                         Value taken = f.div(f.mul(rate, f.div(m, correction1)), f.add(root, epsilon));
                         if (op.getDecays())
                           taken = f.add(f.mul(f.mul(rate, decay), p), taken);
                         return {rounder.round(b, ExactSum::of(b, p, arith::NegFOp::create(b, taken)), 1), m, s};
                       });
}

static SmallVector<Value> lowerRoundedSgd(LinalgBuilder &b, RoundedSgdOp op) {
  SmallVector<Value> inputs = {op.getGradient()};
  llvm::append_range(inputs, op.getScalars());
  inputs.push_back(op.getParameter());
  StateRounder rounder(b, op);
  return b.elementwise(inputs, {b.empty(op.getParameter().getType()), op.getMomentum()},
                       [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                         Formula f{b, v[0].getType()};
                         Value rate = v[1], momentum = v[2], decay = v[3], clip = v[4], p = v[5], m = v[7];
                         rounder.draw(b);
                         Value g = f.mul(v[0], clip);
                         g = op.getDecays() ? rounder.addProduct(b, g, decay, p, 0) : rounder.round(b, {g, f.c(0)}, 0);
                         m = rounder.addProduct(b, g, momentum, m, 1);
                         return {rounder.addProduct(b, p, arith::NegFOp::create(b, rate), m, 2), m};
                       });
}

void sluice::addRoundedStateLowerings(LinalgLowerings &lowerings) { lowerings.add(lowerRoundedAdamW, lowerRoundedSgd); }
