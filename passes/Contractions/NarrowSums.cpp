//===- NarrowSums.cpp - Sums of a declared format, emulated --------------------------===//
#include "passes/Contractions/NarrowSums.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Build/BFloat16.h"
#include "passes/Build/Rounding.h"
#include <cmath>

using namespace mlir;
using namespace sluice;
using precision::FloatFormat;

static constexpr int bitsOfF32 = 24;
static constexpr int biasOfF32 = 127;

bool NarrowSums::isPlain() const {
  return accumulation.sum == FloatFormat() && accumulation.rounding == precision::Rounding::NearestEven;
}

// Rounding twice is rounding once where neither summand has more bits than the format, whose sum f32 then has with as
// many bits again and two more (Figueroa, "When is double rounding innocuous?", 1995). Products below the smallest
// number of the format would need a rounding of their own.
bool NarrowSums::isFast() const {
  FloatFormat sum = accumulation.sum;
  return accumulation.rounding == precision::Rounding::NearestEven && productBits() <= sum.significantBits() &&
         2 * sum.significantBits() + 2 <= bitsOfF32 && left.quantum() * right.quantum() >= sum.quantum();
}

double NarrowSums::factor() const { return isFast() ? std::ldexp(1.0, biasOfF32 - accumulation.sum.maxExponent()) : 1; }

static Value multiplied(ImplicitLocOpBuilder &b, Value x, double factor) {
  return factor == 1 ? x : Value(arith::MulFOp::create(b, x, floatLike(b, x, factor)));
}

Value NarrowSums::roundFast(ImplicitLocOpBuilder &b, Value wide) const {
  Value bits = arith::BitcastOp::create(b, typeLike(wide, b.getI32Type()), wide);
  return arith::BitcastOp::create(b, wide.getType(), roundBitsToNearest(b, bits, accumulation.sum.mantissaBits));
}

Value NarrowSums::addProduct(ImplicitLocOpBuilder &b, Value left, Value right, Value sum, Value random) const {
  if (isPlain())
    return vector::FMAOp::create(b, left, right, sum);
  FloatFormat format = accumulation.sum;
  if (!isFast())
    return roundSum(b, ExactSum::ofProduct(b, left, right, sum, productBits() <= bitsOfF32), format,
                    accumulation.rounding, random);
  return roundFast(b, vector::FMAOp::create(b, left, right, sum));
}

Value NarrowSums::addChunk(ImplicitLocOpBuilder &b, Value old, Value chunk, function_ref<Value()> random) const {
  FloatFormat across = accumulation.across;
  if (isFast() && across == accumulation.sum) {
    if (old)
      chunk = roundFast(b, arith::AddFOp::create(b, multiplied(b, old, factor()), chunk));
    return multiplied(b, chunk, 1 / factor());
  }
  chunk = multiplied(b, chunk, 1 / factor());
  // The sum begins with a zero that has no sign.
  if (!old)
    old = floatLike(b, chunk, 0);
  if (across == FloatFormat() || !accumulation.chunked())
    return arith::AddFOp::create(b, old, chunk);
  return roundSum(b, ExactSum::of(b, old, chunk), across, accumulation.rounding, key ? random() : Value());
}
