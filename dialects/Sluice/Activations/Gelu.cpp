//===- Gelu.cpp - Gaussian error linear unit ------------------------------------===//
#include "dialects/Sluice/Formula.h"
#include "dialects/Sluice/SluiceDialect.h"
#include <cmath>

using namespace mlir;
using namespace sluice;

static const double sqrtTwoOverPi = std::sqrt(2 / M_PI), cubicShare = 0.044715;

/// (1 + tanh u) / 2 with u = c (x + a x^3) is the sigmoid of 2u.
static ActivationFormula tanhForm(Formula &f, Value x) {
  Value square = f.mul(x, x);
  Value cubic = f.mul(f.mul(square, x), f.c(cubicShare));
  Value half = f.sigmoidOfNegated(f.mul(f.c(-2 * sqrtTwoOverPi), f.add(x, cubic)));
  Value value = f.mul(x, half);
  // With h the sigmoid: h + x h (1 - h) 2 c (1 + 3 a x^2)
  Value slope = f.add(f.c(2 * sqrtTwoOverPi), f.mul(f.c(6 * sqrtTwoOverPi * cubicShare), square));
  return {value, f.add(half, f.mul(f.mul(value, f.sub(f.c(1), half)), slope))};
}

/// x Phi(x), and Phi(x) + x phi(x)
static ActivationFormula erfForm(Formula &f, Value x) {
  Value half = f.mul(f.c(0.5), f.add(f.c(1), f.erf(f.mul(x, f.c(M_SQRT1_2)))));
  Value value = f.mul(x, half);
  Value exponential = f.exp(f.mul(f.c(-0.5), f.mul(x, x)));
  return {value, f.add(half, f.mul(x, f.mul(f.c(1 / std::sqrt(2 * M_PI)), exponential)))};
}

ActivationFormula GeluOp::formula(Formula &f, Value x, GeluForm form) {
  return form == GeluForm::Tanh ? tanhForm(f, x) : erfForm(f, x);
}
