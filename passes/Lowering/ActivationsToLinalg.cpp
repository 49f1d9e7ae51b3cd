//===- ActivationsToLinalg.cpp - Activations as linalg -----------------------------===//
#include "passes/Lowering/ActivationsToLinalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "passes/Formula.h"
#include <cmath>

using namespace mlir;
using namespace sluice;

static const double sqrtTwoOverPi = std::sqrt(2 / M_PI), geluCubic = 0.044715;

namespace {
/// GELU and its derivative at x. The form with tanh u is (1 + tanh u) / 2 = 1 / (1 + exp(-2 u)) times x, which does not
/// cancel where u is far below zero.
struct GeluFormula {
  GeluFormula(ImplicitLocOpBuilder &b, Value x, GeluForm form) : f{b, x.getType()}, x(x), form(form) {
    if (form == GeluForm::Tanh) {
      square = f.mul(x, x);
      Value cubic = f.mul(f.mul(square, x), f.c(geluCubic));
      Value exponential = math::ExpOp::create(b, f.mul(f.c(-2 * sqrtTwoOverPi), f.add(x, cubic)));
      half = f.div(f.c(1), f.add(f.c(1), exponential));
    } else {
      half = f.mul(f.c(0.5), f.add(f.c(1), math::ErfOp::create(b, f.mul(x, f.c(M_SQRT1_2)))));
    }
  }
  Value value() { return f.mul(x, half); }
  Value derivative() {
    if (form == GeluForm::Tanh) {
      // u = c (x + a x^3), h = 1 / (1 + exp(-2 u)): h + x h (1 - h) 2 c (1 + 3 a x^2)
      Value slope = f.add(f.c(2 * sqrtTwoOverPi), f.mul(f.c(6 * sqrtTwoOverPi * geluCubic), square));
      return f.add(half, f.mul(f.mul(value(), f.sub(f.c(1), half)), slope));
    }
    // Phi(x) + x phi(x)
    Value exponential = math::ExpOp::create(f.b, f.mul(f.c(-0.5), f.mul(x, x)));
    return f.add(half, f.mul(x, f.mul(f.c(1 / std::sqrt(2 * M_PI)), exponential)));
  }

  Formula f;
  Value x, square;
  Value half; // (1 + tanh u) / 2 or (1 + erf(x / sqrt 2)) / 2, between 0 and 1
  GeluForm form;
};
} // namespace

static Value lowerGelu(LinalgBuilder &b, GeluOp op) {
  return b
      .elementwise(op.getInput(), b.empty(op.getType()),
                   [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                     return {GeluFormula(b, v[0], op.getForm()).value()};
                   })
      .front();
}

static Value lowerGeluBackward(LinalgBuilder &b, GeluBackwardOp op) {
  return b
      .elementwise({op.getGradient(), op.getInput()}, b.empty(op.getType()),
                   [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                     GeluFormula gelu(b, v[1], op.getForm());
                     return {gelu.f.mul(v[0], gelu.derivative())};
                   })
      .front();
}

static SmallVector<Value> lowerGeluWithGradient(LinalgBuilder &b, GeluWithGradientOp op) {
  Type type = op.getInput().getType();
  return b.elementwise({op.getGradient(), op.getInput()}, {b.empty(type), b.empty(type)},
                       [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                         GeluFormula gelu(b, v[1], op.getForm());
                         return {gelu.value(), gelu.f.mul(v[0], gelu.derivative())};
                       });
}

void sluice::addActivationLowerings(LinalgLowerings &lowerings) {
  lowerings.add(lowerGelu, lowerGeluBackward, lowerGeluWithGradient);
}
