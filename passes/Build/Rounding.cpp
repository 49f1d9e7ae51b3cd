//===- Rounding.cpp - Rounding to formats in generated code -------------------------===//
#include "passes/Build/Rounding.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "passes/Build/BFloat16.h"
#include <cmath>

using namespace mlir;
using namespace sluice;
using precision::FloatFormat;
using precision::Rounding;

static constexpr int mantissaOfF32 = 23, biasOfF32 = 127;
static constexpr int32_t signBit = std::numeric_limits<int32_t>::min(), exponentBits = 0x7f800000;

Value sluice::floatLike(ImplicitLocOpBuilder &b, Value like, double number) {
  TypedAttr attribute = b.getF32FloatAttr(number);
  if (auto vector = dyn_cast<VectorType>(typeLike(like, b.getF32Type())))
    attribute = DenseElementsAttr::get(vector, Attribute(attribute));
  return arith::ConstantOp::create(b, attribute);
}

namespace {
/// Short names for arithmetic in the shape of one value.
struct Bits {
  ImplicitLocOpBuilder &b;
  Value like;

  Value f(double number) const { return floatLike(b, like, number); }
  Value i(int32_t number) const { return integerLike(b, like, number); }
  Value toBits(Value x) const { return arith::BitcastOp::create(b, typeLike(like, b.getI32Type()), x); }
  Value toFloat(Value x) const { return arith::BitcastOp::create(b, typeLike(like, b.getF32Type()), x); }
  Value andBits(Value x, int32_t mask) const { return arith::AndIOp::create(b, x, i(mask)); }
  Value orBits(Value x, Value y) const { return arith::OrIOp::create(b, x, y); }
  Value addBits(Value x, Value y) const { return arith::AddIOp::create(b, x, y); }
  Value subBits(Value x, Value y) const { return arith::SubIOp::create(b, x, y); }
  Value add(Value x, Value y) const { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) const { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) const { return arith::MulFOp::create(b, x, y); }
  Value select(Value condition, Value x, Value y) const { return arith::SelectOp::create(b, condition, x, y); }
  Value compare(arith::CmpFPredicate predicate, Value x, Value y) const {
    return arith::CmpFOp::create(b, predicate, x, y);
  }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) const {
    return arith::CmpIOp::create(b, predicate, x, y);
  }
  Value magnitude(Value x) const { return toFloat(andBits(toBits(x), ~signBit)); }
  /// `x`, which is not negative, with the sign of `of`.
  Value withSign(Value x, Value of) const { return toFloat(orBits(toBits(x), andBits(toBits(of), signBit))); }
  /// What to add to a number below 2^exponent, and subtract again, so that it is rounded to `mantissaBits` there.
  static double shifter(int exponent, int mantissaBits) {
    return std::ldexp(1.5, exponent + mantissaOfF32 - mantissaBits);
  }
};
} // namespace

Value sluice::roundBitsToNearest(ImplicitLocOpBuilder &b, Value bits, int mantissaBits) {
  int dropped = mantissaOfF32 - mantissaBits;
  Bits o{b, bits};
  // Half of the last place is added and what is behind it cut off. A tie has nothing left then, and goes to the even
  // one: its last place is cut off, too.
  Value half = o.addBits(bits, o.i(1 << (dropped - 1)));
  Value isTie = o.compare(arith::CmpIPredicate::eq, o.andBits(half, (1 << dropped) - 1), o.i(0));
  Value mask = o.select(isTie, o.i(-(2 << dropped)), o.i(-(1 << dropped)));
  return arith::AndIOp::create(b, half, mask);
}

Value sluice::roundOperand(ImplicitLocOpBuilder &b, Value x, const FloatFormat &format) {
  Bits o{b, x};
  if (format == FloatFormat())
    return x;
  Value limited =
      arith::MaximumFOp::create(b, arith::MinimumFOp::create(b, x, o.f(format.maxFinite())), o.f(-format.maxFinite()));
  if (format.minExponent() == 1 - biasOfF32) {
    Value isNaN = o.compare(arith::CmpFPredicate::UNO, x, x);
    return o.select(isNaN, x, o.toFloat(roundBitsToNearest(b, o.toBits(limited), format.mantissaBits)));
  }
  // The power of two below the number, or the smallest one, moves its last places behind those of an f32.
  Value power = arith::MaxSIOp::create(b, o.andBits(o.toBits(limited), exponentBits),
                                       o.i((format.minExponent() + biasOfF32) << mantissaOfF32));
  Value shifter = o.mul(o.toFloat(power), o.f(Bits::shifter(0, format.mantissaBits)));
  Value rounded = o.sub(o.add(limited, shifter), shifter);
  return o.toFloat(o.orBits(o.toBits(rounded), o.andBits(o.toBits(x), signBit)));
}

Value sluice::scaleOfGroup(ImplicitLocOpBuilder &b, Value largest, const FloatFormat &format) {
  Bits o{b, largest};
  int32_t most = llvm::bit_cast<int32_t>(float(format.maxFinite()));
  // The quotient's exponent, rounded up.
  Value difference = o.addBits(o.subBits(o.toBits(largest), o.i(most)), o.i((1 << mantissaOfF32) - 1));
  Value exponent = arith::ShRSIOp::create(b, difference, o.i(mantissaOfF32));
  exponent = arith::MaxSIOp::create(b, arith::MinSIOp::create(b, exponent, o.i(biasOfF32 - 1)), o.i(1 - biasOfF32));
  return o.toFloat(arith::ShLIOp::create(b, o.addBits(exponent, o.i(biasOfF32)), o.i(mantissaOfF32)));
}

Value sluice::inverseOfScale(ImplicitLocOpBuilder &b, Value scale) {
  Bits o{b, scale};
  return o.toFloat(o.subBits(o.i(2 * biasOfF32 << mantissaOfF32), o.toBits(scale)));
}

ExactSum ExactSum::of(ImplicitLocOpBuilder &b, Value x, Value y) {
  Bits o{b, x};
  Value sum = o.add(x, y), ofY = o.sub(sum, x);
  Value rest = o.add(o.sub(x, o.sub(sum, ofY)), o.sub(y, ofY));
  return {sum, rest};
}

ExactSum ExactSum::ofProduct(ImplicitLocOpBuilder &b, Value left, Value right, Value x, bool isExact) {
  Bits o{b, x};
  Value product = o.mul(left, right);
  ExactSum sum = of(b, x, product);
  if (isExact)
    return sum;
  // What the product left over may exceed what the sum has kept, where that cancelled: it is added to the sum too.
  Value leftOver = math::FmaOp::create(b, left, right, arith::NegFOp::create(b, product));
  ExactSum rest = of(b, sum.rest, leftOver);
  // An infinite sum has no number for a rest. Without one the sum stays what it is, -0 too.
  Value isRest = o.compare(arith::CmpFPredicate::ONE, rest.value, o.f(0));
  ExactSum all = of(b, sum.value, o.select(isRest, rest.value, o.f(-0.0)));
  // Each rest is exact and less than the last place of what is before it, so that the sign of their sum is right.
  all.rest = o.add(all.rest, rest.rest);
  return all;
}

namespace {
/// An exact sum on its way to a format.
struct SumInFormat {
  Bits o;
  const FloatFormat &format;
  Rounding rounding;
  Value cut;    // the sum toward zero in f32, its bits
  Value isRest; // i1: it is not all of the sum
  Value random;

  int dropped() const { return mantissaOfF32 - format.mantissaBits; }
  /// With what is left over in the last place: as far from a value of the format, and from the middle of two.
  Value sticky() const { return o.orBits(cut, o.select(isRest, o.i(1), o.i(0))); }
  Value randomBits() const { return o.andBits(random, (1 << dropped()) - 1); }

  Value roundedNormal() const {
    if (rounding == Rounding::NearestEven)
      return o.toFloat(roundBitsToNearest(o.b, sticky(), format.mantissaBits));
    Value bits = rounding == Rounding::Stochastic ? o.addBits(cut, randomBits()) : cut;
    return o.toFloat(o.andBits(bits, -(1 << dropped())));
  }
  Value roundedSubnormal() const;
};
} // namespace

/// Of a sum below the smallest normal number: to a multiple of the smallest number.
Value SumInFormat::roundedSubnormal() const {
  Value shifter = o.f(Bits::shifter(format.minExponent(), format.mantissaBits));
  auto nearest = [&](Value x) { return o.sub(o.add(x, shifter), shifter); };
  Value exact = o.magnitude(o.toFloat(cut));
  if (rounding == Rounding::NearestEven)
    return o.withSign(nearest(o.magnitude(o.toFloat(sticky()))), o.toFloat(cut));
  Value quantum = o.f(format.quantum()), below = nearest(exact);
  below = o.select(o.compare(arith::CmpFPredicate::OGT, below, exact), o.sub(below, quantum), below);
  if (rounding == Rounding::Stochastic) {
    Value part = o.mul(o.sub(exact, below), o.f(std::ldexp(1 / format.quantum(), dropped())));
    Value whole = arith::FPToSIOp::create(o.b, typeLike(part, o.b.getI32Type()), part);
    Value isAway = o.compare(arith::CmpIPredicate::sge, o.addBits(whole, randomBits()), o.i(1 << dropped()));
    below = o.select(isAway, o.add(below, quantum), below);
  }
  return o.withSign(below, o.toFloat(cut));
}

Value sluice::roundSum(ImplicitLocOpBuilder &b, ExactSum sum, const FloatFormat &format, Rounding rounding,
                       Value random) {
  Bits o{b, sum.value};
  if (format == FloatFormat() && rounding == Rounding::NearestEven)
    return sum.value;
  Value bits = o.toBits(sum.value);
  Value isRest = o.compare(arith::CmpFPredicate::ONE, sum.rest, o.f(0));
  // The rest points to zero where its sign is the other one.
  Value differs = o.compare(arith::CmpIPredicate::slt, arith::XOrIOp::create(b, bits, o.toBits(sum.rest)), o.i(0));
  Value isBelow = arith::AndIOp::create(b, isRest, differs);
  SumInFormat in{o, format, rounding, o.subBits(bits, o.select(isBelow, o.i(1), o.i(0))), isRest, random};
  Value rounded = in.roundedNormal();
  Value size = o.magnitude(sum.value);
  if (format.minExponent() > 1 - biasOfF32) {
    Value isSmall = o.compare(arith::CmpFPredicate::OLT, o.magnitude(o.toFloat(in.cut)), o.f(format.minNormal()));
    rounded = o.select(isSmall, in.roundedSubnormal(), rounded);
  }
  double most = format.maxFinite();
  double beyond = rounding == Rounding::TowardZero ? most : std::numeric_limits<double>::infinity();
  Value exceeds = o.compare(arith::CmpFPredicate::OGT, o.magnitude(rounded), o.f(most));
  rounded = o.select(exceeds, o.withSign(o.f(beyond), sum.value), rounded);
  // An infinity of an operand stays one, and a NaN a NaN.
  Value isFinite = o.compare(arith::CmpFPredicate::OLT, size, o.f(std::numeric_limits<double>::infinity()));
  return o.select(isFinite, rounded, sum.value);
}
