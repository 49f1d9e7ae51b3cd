//===- ApproximateFunctions.cpp - f32 functions as polynomials -----------------===//
//
// Polynomials interpolate at Chebyshev nodes of the interval named beside them and are evaluated by FMA. Bounds in ULP
// are the largest error over all arguments, compared with double precision.
//
//===--------------------------------------------------------------------------===//
#include "passes/Numerics/ApproximateFunctions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace {
/// Arithmetic on f32 or f64 values of one shape, scalars included.
class Arithmetic {
public:
  Arithmetic(OpBuilder &builder, Location loc, Type type) : builder(builder), loc(loc), type(type) {
    unsigned width = getElementTypeOrSelf(type).getIntOrFloatBitWidth();
    bits = withElement(builder.getIntegerType(width));
  }

  Value number(double value) { return constant(builder.getFloatAttr(getElementTypeOrSelf(type), value), type); }
  Value integer(int64_t value) { return constant(builder.getIntegerAttr(getElementTypeOrSelf(bits), value), bits); }
  Value add(Value a, Value b) { return arith::AddFOp::create(builder, loc, a, b); }
  Value sub(Value a, Value b) { return arith::SubFOp::create(builder, loc, a, b); }
  Value mul(Value a, Value b) { return arith::MulFOp::create(builder, loc, a, b); }
  Value div(Value a, Value b) { return arith::DivFOp::create(builder, loc, a, b); }
  Value fma(Value a, Value b, Value c) { return math::FmaOp::create(builder, loc, a, b, c); }
  Value neg(Value a) { return arith::NegFOp::create(builder, loc, a); }
  Value abs(Value a) { return math::AbsFOp::create(builder, loc, a); }
  Value copySign(Value a, Value sign) { return math::CopySignOp::create(builder, loc, a, sign); }
  Value toBits(Value a) { return arith::BitcastOp::create(builder, loc, bits, a); }
  Value fromBits(Value a) { return arith::BitcastOp::create(builder, loc, type, a); }
  Value select(Value condition, Value a, Value b) { return arith::SelectOp::create(builder, loc, condition, a, b); }
  Value compare(arith::CmpFPredicate predicate, Value a, Value b) {
    return arith::CmpFOp::create(builder, loc, predicate, a, b);
  }
  Value less(Value a, Value b) { return compare(arith::CmpFPredicate::OLT, a, b); }
  Value greater(Value a, Value b) { return compare(arith::CmpFPredicate::OGT, a, b); }
  Value equal(Value a, Value b) { return compare(arith::CmpFPredicate::OEQ, a, b); }
  /// Limits that let NaN pass; both are single instructions on x86.
  Value atLeast(Value a, double limit) { return select(less(a, number(limit)), number(limit), a); }
  Value atMost(Value a, double limit) { return select(greater(a, number(limit)), number(limit), a); }
  /// Coefficients from the highest power down.
  Value polynomial(Value x, ArrayRef<double> coefficients) {
    Value sum = number(coefficients.front());
    for (double coefficient : coefficients.drop_front())
      sum = fma(sum, x, number(coefficient));
    return sum;
  }
  Type withElement(Type element) {
    auto vector = dyn_cast<VectorType>(type);
    return vector ? Type(vector.clone(element)) : element;
  }

  Value exp(Value x);
  Value expOfDouble(Value x);
  Value exp2(Value x);
  Value expm1(Value x);
  Value log(Value x, double scale, double exponentHigh, double exponentLow);
  Value log1p(Value x);
  Value tanh(Value x);
  Value erf(Value x);
  Value sine(Value x, int64_t quadrant);

private:
  Value constant(TypedAttr value, Type shape) {
    if (auto vector = dyn_cast<VectorType>(shape))
      value = DenseElementsAttr::get(vector, Attribute(value));
    return arith::ConstantOp::create(builder, loc, value);
  }
  Value addBits(Value a, Value b) { return arith::AddIOp::create(builder, loc, a, b); }
  Value subBits(Value a, Value b) { return arith::SubIOp::create(builder, loc, a, b); }
  Value andBits(Value a, int64_t mask) { return arith::AndIOp::create(builder, loc, a, integer(mask)); }
  Value shiftLeft(Value a, int64_t amount) { return arith::ShLIOp::create(builder, loc, a, integer(amount)); }
  Value shiftRight(Value a, int64_t amount) { return arith::ShRSIOp::create(builder, loc, a, integer(amount)); }
  Value isSet(Value a, int64_t mask) {
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, andBits(a, mask), integer(0));
  }
  /// 2^n for an integer n with a normal result.
  Value powerOfTwo(Value n) {
    bool isDouble = getElementTypeOrSelf(type).isF64();
    return fromBits(shiftLeft(addBits(n, integer(isDouble ? 1023 : 127)), isDouble ? 52 : 23));
  }
  /// x 2^n in two steps: n may lead to infinity or, rounded once, to subnormal numbers.
  Value scale(Value x, Value n) {
    Value half = shiftRight(n, 1);
    return mul(mul(x, powerOfTwo(half)), powerOfTwo(subBits(n, half)));
  }
  /// The integer nearest to x * factor, as a float and, in the low bits, as an integer: adding 1.5 * 2^23 leaves it in
  /// the mantissa. Unlike a conversion this is defined for NaN.
  std::pair<Value, Value> nearest(Value x, double factor, double magic) {
    Value shifted = fma(x, number(factor), number(magic));
    return {sub(shifted, number(magic)), subBits(toBits(shifted), toBits(number(magic)))};
  }
  /// e^r - 1 for |r| <= ln 2 / 2.
  Value smallExpm1(Value r) {
    Value p =
        polynomial(r, {0.0013926250831497611, 0.0083632328836826184, 0.041666554212984153, 0.16666576666119928, 0.5});
    return fma(mul(r, r), p, r);
  }
  /// x = n ln 2 + r.
  std::pair<Value, Value> reduceExp(Value x) {
    auto [n, bits] = nearest(x, 1.4426950408889634, magic32);
    Value r = fma(n, number(-ln2High), x);
    return {fma(n, number(-ln2Low), r), bits};
  }

  static constexpr double magic32 = 12582912.0, magic64 = 6755399441055744.0;
  static constexpr double ln2High = 0.6931471824645996, ln2Low = -1.904654299957768e-09;

  OpBuilder &builder;
  Location loc;
  Type type, bits;
};
} // namespace

/// 2 ULP (1.05 measured), subnormal results included.
Value Arithmetic::exp(Value x) {
  auto [r, n] = reduceExp(atMost(atLeast(x, -104), 89));
  return scale(add(smallExpm1(r), number(1)), n);
}

/// 1 ULP of f64: the series of e^r up to r^13 / 13!, |r| <= ln 2 / 2, whose next term is below 2^-57.
Value Arithmetic::expOfDouble(Value x) {
  Value limited = atMost(atLeast(x, -746), 710);
  auto [n, bits] = nearest(limited, 1.4426950408889634, magic64);
  Value r = fma(n, number(-1.9082149292705877e-10), fma(n, number(-0.6931471803691238), limited));
  SmallVector<double> series = {1};
  double factorial = 1;
  for (int power = 1; power <= 13; ++power)
    series.push_back(1 / (factorial *= power));
  std::reverse(series.begin(), series.end());
  return scale(polynomial(r, series), bits);
}

/// 2 ULP (1.05 measured).
Value Arithmetic::exp2(Value x) {
  Value limited = atMost(atLeast(x, -151), 129);
  auto [n, bits] = nearest(limited, 1, magic32);
  return scale(add(smallExpm1(mul(sub(limited, n), number(0.69314718055994531))), number(1)), bits);
}

/// 3 ULP (1.6 measured): 2^n (e^r - 1) + (2^n - 1), where the second term is exact up to 2^24 and negligible beyond.
Value Arithmetic::expm1(Value x) {
  auto [r, n] = reduceExp(atMost(atLeast(x, -18), 89));
  // 2^128 is no float: half of the power here, twice the result below.
  Value power = powerOfTwo(subBits(n, integer(1)));
  Value half = fma(power, smallExpm1(r), sub(power, number(0.5)));
  // Zero keeps its sign.
  return select(equal(x, number(0)), x, add(half, half));
}

/// 2 ULP (1.3 measured): x = m 2^e with m near 1; ln m = f - f^2/2 + f^3 P(f), f = m - 1. The result is (ln m) * scale
/// + e * (exponentHigh + exponentLow).
Value Arithmetic::log(Value x, double scaleBy, double exponentHigh, double exponentLow) {
  Value subnormal = less(x, number(1.17549435e-38));
  Value normal = select(subnormal, mul(x, number(8388608)), x);
  // Subtracting the bits of sqrt(1/2) puts m into [sqrt(1/2), sqrt(2)).
  Value offset = subBits(toBits(normal), integer(0x3f3504f3));
  Value exponent = shiftRight(offset, 23);
  Value m = fromBits(addBits(andBits(offset, 0x007fffff), integer(0x3f3504f3)));
  Value e = arith::SIToFPOp::create(builder, loc, type, exponent);
  e = select(subnormal, sub(e, number(23)), e);

  // On [sqrt(1/2) - 1, sqrt(2) - 1].
  Value f = sub(m, number(1)), square = mul(f, f);
  Value p = polynomial(f, {0.069697539820835486, -0.11479188086670764, 0.11685795939274597, -0.12425776722809438,
                           0.14249032730785605, -0.16667798276479848, 0.20000716304422572, -0.2499999700104478,
                           0.33333331178018788});
  Value tail = mul(square, fma(f, p, number(-0.5)));
  Value result;
  if (scaleBy == 1)
    result = fma(e, number(exponentHigh), add(f, fma(e, number(exponentLow), tail)));
  else
    result =
        fma(e, number(exponentHigh), fma(f, number(scaleBy), fma(e, number(exponentLow), mul(tail, number(scaleBy)))));

  double infinity = std::numeric_limits<double>::infinity();
  result = select(equal(x, number(infinity)), x, result);
  result = select(equal(x, number(0)), number(-infinity), result);
  // Negative or NaN.
  return select(compare(arith::CmpFPredicate::UGE, x, number(0)),
                select(compare(arith::CmpFPredicate::UNO, x, x), x, result),
                number(std::numeric_limits<double>::quiet_NaN()));
}

/// 3 ULP (2.5 measured): ln(u) x / (u - 1) with u = 1 + x, which cancels the rounding of u.
Value Arithmetic::log1p(Value x) {
  Value u = add(x, number(1));
  Value result = mul(log(u, 1, ln2High, ln2Low), div(x, sub(u, number(1))));
  result = select(equal(u, number(1)), x, result);
  return select(equal(x, number(std::numeric_limits<double>::infinity())), x, result);
}

/// 3 ULP (2.5 measured): e / (e + 2) with e = e^(2|x|) - 1.
Value Arithmetic::tanh(Value x) {
  Value twice = atMost(abs(add(x, x)), 20);
  auto [r, n] = reduceExp(twice);
  Value power = powerOfTwo(n);
  Value e = fma(power, smallExpm1(r), sub(power, number(1)));
  return copySign(div(e, add(e, number(2))), x);
}

/// 2 ULP (1.2 measured): x + x P(x^2) near zero, 1 - e^Q(|x|) elsewhere with Q near ln erfc.
Value Arithmetic::erf(Value x) {
  Value square = mul(x, x), t = atMost(abs(x), 4);
  // On [0, 0.9375^2].
  Value p = polynomial(square, {-0.0005933305734947147, 0.0049822151019430563, -0.026759440665673023,
                                0.11281629431219527, -0.37612477319168641, 0.12837914740172376});
  Value near = fma(x, p, x);
  // On [0.9375, 4].
  Value q = polynomial(t, {1.6432831547314522e-06, -4.6175110289831491e-05, 0.00059774804841393817,
                           -0.0047637507591795584, 0.026432024662739525, -0.11009728674656065, -0.63181027813877444,
                           -1.1302409297781411, 0.00032148696274408606});
  auto [r, n] = reduceExp(q);
  Value power = powerOfTwo(n);
  Value far = copySign(sub(number(1), fma(power, smallExpm1(r), power)), x);
  return select(less(t, number(0.9375)), near, far);
}

/// Sine (quadrant 0) or cosine (quadrant 1) of an f32 in double precision: 1 ULP for |x| < 2^30. Infinity and NaN give
/// NaN.
Value Arithmetic::sine(Value x, int64_t quadrant) {
  Type wide = withElement(builder.getF64Type());
  Arithmetic f64(builder, loc, wide);
  Value argument = arith::ExtFOp::create(builder, loc, wide, x);
  auto [n, bits] = f64.nearest(argument, 0.63661977236758134, magic64);
  Value r = f64.fma(n, f64.number(-1.5707963267948966), argument);
  r = f64.fma(n, f64.number(-6.123233995736766e-17), r);
  // On |r| <= pi / 4.
  Value square = f64.mul(r, r);
  Value s = f64.polynomial(
      square, {2.7249620080075331e-06, -0.00019840084376422702, 0.0083333318703413487, -0.16666666663844049});
  Value sine = f64.fma(f64.mul(r, square), s, r);
  Value c = f64.polynomial(square,
                           {2.4463452663505291e-05, -0.0013887586565783845, 0.041666650596550343, -0.4999999996899589});
  Value cosine = f64.fma(square, c, f64.number(1));
  Value turn = f64.addBits(bits, f64.integer(quadrant));
  Value result = f64.select(f64.isSet(turn, 1), cosine, sine);
  result = f64.select(f64.isSet(turn, 2), f64.neg(result), result);
  result = arith::TruncFOp::create(builder, loc, type, result);
  // Zero keeps its sign.
  return quadrant == 0 ? select(equal(x, number(0)), x, result) : result;
}

Value sluice::approximateFunction(OpBuilder &builder, Operation *op, Value x) {
  Arithmetic f32(builder, op->getLoc(), x.getType());
  return TypeSwitch<Operation *, Value>(op)
      .Case<math::ExpOp>([&](auto) { return f32.exp(x); })
      .Case<math::Exp2Op>([&](auto) { return f32.exp2(x); })
      .Case<math::ExpM1Op>([&](auto) { return f32.expm1(x); })
      .Case<math::LogOp>([&](auto) { return f32.log(x, 1, 0.6931471824645996, -1.904654299957768e-09); })
      .Case<math::Log2Op>([&](auto) { return f32.log(x, 1.4426950408889634, 1, 0); })
      .Case<math::Log10Op>(
          [&](auto) { return f32.log(x, 0.43429448190325182, 0.301025390625, 4.6050389811952137e-06); })
      .Case<math::Log1pOp>([&](auto) { return f32.log1p(x); })
      .Case<math::TanhOp>([&](auto) { return f32.tanh(x); })
      .Case<math::ErfOp>([&](auto) { return f32.erf(x); })
      .Case<math::SinOp>([&](auto) { return f32.sine(x, 0); })
      .Case<math::CosOp>([&](auto) { return f32.sine(x, 1); })
      .Default(Value());
}

Value sluice::approximateDouble(OpBuilder &builder, Operation *op, Value x) {
  return isa<math::ExpOp>(op) ? Arithmetic(builder, op->getLoc(), x.getType()).expOfDouble(x) : Value();
}
