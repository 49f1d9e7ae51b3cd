//===- QuickGelu.cpp - GELU by a sigmoid -----------------------------------------===//
#include "dialects/Sluice/Formula.h"
#include "dialects/Sluice/SluiceDialect.h"

using namespace mlir;
using namespace sluice;

static constexpr double steepness = 1.702;

// With s the sigmoid of a x: x s, and s + a x s (1 - s)
ActivationFormula QuickGeluOp::formula(Formula &f, Value x) {
  Value sigmoid = f.sigmoidOfNegated(f.mul(f.c(-steepness), x));
  Value value = f.mul(x, sigmoid);
  return {value, f.add(sigmoid, f.mul(f.mul(f.c(steepness), value), f.sub(f.c(1), sigmoid)))};
}
