//===- Indices.cpp - Arithmetic on indices ---------------------------------------===//
#include "passes/Build/Indices.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace sluice;

Value sluice::constantIndex(ImplicitLocOpBuilder &b, int64_t value) { return arith::ConstantIndexOp::create(b, value); }

Value sluice::plus(ImplicitLocOpBuilder &b, Value left, Value right) {
  return b.createOrFold<arith::AddIOp>(left, right);
}

Value sluice::plus(ImplicitLocOpBuilder &b, Value left, int64_t right) {
  return right == 0 ? left : plus(b, left, constantIndex(b, right));
}

Value sluice::times(ImplicitLocOpBuilder &b, Value left, int64_t right) {
  return right == 1 ? left : b.createOrFold<arith::MulIOp>(left, constantIndex(b, right));
}

Value sluice::roundDown(ImplicitLocOpBuilder &b, Value value, int64_t factor) {
  return b.createOrFold<arith::SubIOp>(value, b.createOrFold<arith::RemUIOp>(value, constantIndex(b, factor)));
}
