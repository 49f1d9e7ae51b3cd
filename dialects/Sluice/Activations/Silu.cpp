//===- Silu.cpp - Sigmoid linear unit --------------------------------------------===//
#include "dialects/Sluice/Formula.h"
#include "dialects/Sluice/SluiceDialect.h"

using namespace mlir;
using namespace sluice;

// With s the sigmoid: x s, and s + x s (1 - s)
ActivationFormula SiluOp::formula(Formula &f, Value x) {
  Value sigmoid = f.sigmoidOfNegated(f.mul(f.c(-1), x));
  Value value = f.mul(x, sigmoid);
  return {value, f.add(sigmoid, f.mul(value, f.sub(f.c(1), sigmoid)))};
}
