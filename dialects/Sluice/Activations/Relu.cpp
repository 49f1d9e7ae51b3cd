//===- Relu.cpp - Rectified linear unit -----------------------------------------===//
#include "dialects/Sluice/Formula.h"
#include "dialects/Sluice/SluiceDialect.h"

using namespace mlir;
using namespace sluice;

ActivationFormula ReluOp::formula(Formula &f, Value x) {
  // A NaN counts as above 0: rectified away, it would not stop the run.
  Value zero = f.c(0), isAbove = arith::CmpFOp::create(f.b, arith::CmpFPredicate::UGT, x, zero);
  Value value = arith::SelectOp::create(f.b, isAbove, x, zero);
  Value derivative = arith::SelectOp::create(f.b, isAbove, f.c(1), zero);
  return {value, derivative};
}
