//===- RoundingTest.cpp - Rounding beside APFloat and whole numbers ----------------------------===//
#include "dialects/Sluice/Rounding.h"
#include "RandomWords.h"
#include "llvm/ADT/APFloat.h"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <utility>
#include <vector>

using namespace sluice::precision;
using llvm::APFloat;
using Specials = FloatFormat::Specials;

static constexpr double infinity = std::numeric_limits<double>::infinity();
static constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
static const FloatFormat f8E4M3FN{4, 3, 7, Specials::NaNOnly}, f4E2M1FN{2, 1, 1, Specials::None};

/// A double whose exponent is within the format's, or somewhat beyond on both sides, with few bits or many.
static double somewhere(const FloatFormat &format, uint64_t index) {
  auto draw = words(index, 1);
  int range = format.maxExponent() - format.minExponent() + format.mantissaBits + 6;
  int exponent = format.minExponent() - format.mantissaBits - 3 + int(draw[0] % range);
  // Short tails make ties.
  int shorten = draw[1] % 2 ? 0 : 52 - format.mantissaBits - int(draw[1] / 2 % 3);
  uint64_t mantissa = sluice::runtime::joinWords(draw[2], draw[3]) >> 12 >> shorten << shorten;
  double value = std::ldexp(1 + std::ldexp(double(mantissa), -52), exponent);
  return draw[1] >> 31 ? -value : value;
}

static double oracle(double exact, const llvm::fltSemantics &semantics, APFloat::roundingMode mode) {
  APFloat value(exact);
  bool loses;
  value.convert(semantics, mode, &loses);
  value.convert(APFloat::IEEEdouble(), mode, &loses);
  return value.convertToDouble();
}

static void expectSame(double found, double expected, double exact) {
  if (std::isnan(expected))
    EXPECT_TRUE(std::isnan(found)) << exact;
  else
    EXPECT_EQ(bitsOf(found), bitsOf(expected)) << exact << ": " << found << ", " << expected;
}

static void expectAPFloat(const FloatFormat &format, const llvm::fltSemantics &semantics) {
  auto expectAt = [&](double exact) {
    expectSame(roundTo(exact, format, Rounding::NearestEven), oracle(exact, semantics, APFloat::rmNearestTiesToEven),
               exact);
    expectSame(roundTo(exact, format, Rounding::TowardZero), oracle(exact, semantics, APFloat::rmTowardZero), exact);
  };
  for (uint64_t index = 0; index < 30000; ++index)
    expectAt(somewhere(format, index));
  double most = format.maxFinite();
  for (double exact : {0.0, -0.0, most, -most, most * 1.001, most * 1.07, most * 2, 1e300, 1e-300, 5e-324, -1e-300,
                       format.quantum() / 2, format.quantum() * 0.75, format.quantum() * 1.5, notANumber})
    expectAt(exact);
}

TEST(Rounding, AgreesWithAPFloat) {
  expectAPFloat(FloatFormat::ieee(5, 2), APFloat::Float8E5M2());
  expectAPFloat(FloatFormat::ieee(4, 3), APFloat::Float8E4M3());
  expectAPFloat(f8E4M3FN, APFloat::Float8E4M3FN());
  expectAPFloat(FloatFormat::ieee(5, 10), APFloat::IEEEhalf());
  expectAPFloat(FloatFormat::ieee(8, 7), APFloat::BFloat());
  expectAPFloat(FloatFormat::ieee(8, 10), APFloat::FloatTF32());
  expectAPFloat(FloatFormat::ieee(8, 23), APFloat::IEEEsingle());
}

TEST(Rounding, OverflowsAsTheFormatSays) {
  FloatFormat f16 = FloatFormat::ieee(5, 10);
  EXPECT_EQ(roundTo(65519.99, f16, Rounding::NearestEven), 65504);
  EXPECT_EQ(roundTo(-65520, f16, Rounding::NearestEven), -infinity);
  EXPECT_EQ(roundTo(1e6, f16, Rounding::Stochastic), infinity);
  EXPECT_EQ(roundTo(-1e6, f16, Rounding::TowardZero), -65504);
  EXPECT_EQ(roundTo(-infinity, f16, Rounding::TowardZero), -infinity);
  EXPECT_TRUE(std::isnan(roundTo(500, f8E4M3FN, Rounding::NearestEven)));
  EXPECT_TRUE(std::isnan(roundTo(infinity, f8E4M3FN, Rounding::TowardZero)));
  EXPECT_EQ(roundTo(500, f8E4M3FN, Rounding::TowardZero), 448);
  EXPECT_EQ(roundTo(-7, f4E2M1FN, Rounding::NearestEven), -6);
  EXPECT_EQ(roundTo(infinity, f4E2M1FN, Rounding::NearestEven), 6);
}

TEST(Rounding, SaturatesOperands) {
  for (FloatFormat format : {FloatFormat::ieee(5, 2), f8E4M3FN, FloatFormat{4, 3, 4, Specials::NaNOnly}, f4E2M1FN})
    for (double sign : {-1.0, 1.0}) {
      EXPECT_EQ(quantize(sign * infinity, format), sign * format.maxFinite());
      EXPECT_EQ(quantize(sign * 1e30, format), sign * format.maxFinite());
      EXPECT_EQ(quantize(sign * format.maxFinite() * 1.01, format), sign * format.maxFinite());
      EXPECT_EQ(quantize(sign * format.quantum(), format), sign * format.quantum());
      EXPECT_TRUE(std::isnan(quantize(notANumber, format)));
    }
  EXPECT_EQ(quantize(1.1, f8E4M3FN), 1.125);
  EXPECT_TRUE(std::signbit(quantize(-1e-30, f8E4M3FN)));
}

/// A value as a whole number of 2^-300; products of f32 are.
static llvm::APInt whole(double value) {
  constexpr unsigned width = 700;
  if (value == 0)
    return llvm::APInt(width, 0);
  int exponent;
  int64_t significand = int64_t(std::ldexp(std::frexp(value, &exponent), 53));
  llvm::APInt number(width, uint64_t(std::abs(significand)));
  int shift = exponent - 53 + 300;
  number = shift >= 0 ? number.shl(shift) : number.lshr(-shift);
  return significand < 0 ? -number : number;
}

/// accumulator + product by definition, in whole numbers: quotient and remainder by the distance of neighbours.
static double exactSum(double accumulator, double product, const FloatFormat &format, Rounding rounding,
                       uint32_t random) {
  llvm::APInt sum = whole(accumulator) + whole(product);
  if (sum.isZero())
    return accumulator + product;
  bool negative = sum.isNegative();
  llvm::APInt magnitude = sum.abs();
  int exponent = std::max(int(magnitude.getActiveBits()) - 1 - 300, format.minExponent());
  llvm::APInt distance(magnitude.getBitWidth(), 1);
  distance <<= unsigned(exponent - format.mantissaBits + 300);
  uint64_t quotient = magnitude.udiv(distance).getZExtValue();
  llvm::APInt remainder = magnitude.urem(distance);
  if (rounding == Rounding::NearestEven) {
    llvm::APInt twice = remainder.shl(1);
    quotient += twice.ugt(distance) || (twice == distance && quotient % 2 == 1);
  } else if (rounding == Rounding::Stochastic) {
    unsigned bits = 23 - format.mantissaBits;
    uint64_t fraction = remainder.shl(bits).udiv(distance).getZExtValue();
    quotient += fraction + random % (1u << bits) >= 1u << bits;
  }
  double result = std::ldexp(double(quotient), exponent - format.mantissaBits);
  if (result > format.maxFinite()) {
    result = rounding == Rounding::TowardZero || format.specials == Specials::None ? format.maxFinite() : infinity;
    if (result == infinity && format.specials == Specials::NaNOnly)
      return notANumber;
  }
  return negative ? -result : result;
}

/// An accumulator of the format and a product of two f32, whose exponents differ by little or by anything.
static std::pair<double, double> terms(const FloatFormat &format, uint64_t index) {
  auto draw = words(index, 2);
  double accumulator = roundTo(somewhere(format, index), format, Rounding::TowardZero);
  float left = floatOf(draw[0] & 0x807fffff) + (draw[0] >> 31 ? -1 : 1), right = 1 + floatOf(draw[1] & 0x7fffff);
  // Few bits, so that sums are ties and cancel, or all of them.
  if (draw[2] % 3 == 0)
    left = floatOf(bitsOf(left) & 0xfff80000), right = floatOf(bitsOf(right) & 0xfff80000);
  int exponent = accumulator == 0 ? format.minExponent() : std::ilogb(accumulator);
  exponent += draw[2] % 2 ? int(draw[3] % 13) - 6 : int(draw[3] % 401) - 200;
  double product = std::ldexp(double(left) * double(right), std::clamp(exponent, -250, 250));
  if (draw[2] % 31 == 0)
    product = -accumulator;
  return {accumulator, product};
}

TEST(Rounding, RoundsExactSumsOnce) {
  std::vector<FloatFormat> formats = {{6, 9, 31, Specials::InfinityAndNaN},   {5, 10, 15, Specials::InfinityAndNaN},
                                      {8, 7, 127, Specials::InfinityAndNaN},  {8, 13, 127, Specials::InfinityAndNaN},
                                      {8, 23, 127, Specials::InfinityAndNaN}, {8, 22, 127, Specials::InfinityAndNaN},
                                      {4, 3, 4, Specials::NaNOnly},           f4E2M1FN,
                                      {1, 2, 0, Specials::InfinityAndNaN},    {3, 1, 3, Specials::InfinityAndNaN}};
  for (const FloatFormat &format : formats)
    for (Rounding rounding : {Rounding::NearestEven, Rounding::TowardZero, Rounding::Stochastic})
      for (uint64_t index = 0; index < 12000; ++index) {
        auto [accumulator, product] = terms(format, index);
        uint32_t random = words(index, 3)[0];
        double found = addRounded(accumulator, product, format, rounding, random);
        double expected = exactSum(accumulator, product, format, rounding, random);
        if (std::isnan(expected) && std::isnan(found))
          continue;
        ASSERT_EQ(bitsOf(found), bitsOf(expected))
            << format.bits() << " " << nameOf(rounding) << ": " << accumulator << " + " << product;
      }
}

/// A double's own sum loses what decides: 1 + 2^-9 and half of its distance to the next, and a trace.
TEST(Rounding, SeesWhatADoubleLoses) {
  FloatFormat e6m9 = FloatFormat::ieee(6, 9), f32;
  EXPECT_EQ(addRounded(1 + 0x1p-10, 0x1p-200, e6m9, Rounding::NearestEven), 1 + 0x1p-9);
  EXPECT_EQ(addRounded(1 + 0x1p-10, -0x1p-200, e6m9, Rounding::NearestEven), 1);
  EXPECT_EQ(addRounded(-1, 0x1p-200, e6m9, Rounding::TowardZero), -(1 - 0x1p-10));
  EXPECT_EQ(addRounded(-1, -0x1p-200, e6m9, Rounding::TowardZero), -1);
  EXPECT_EQ(addRounded(1, -0x1p-149, f32, Rounding::TowardZero), 1 - 0x1p-24);
  EXPECT_EQ(addRounded(1, -0x1p-149, f32, Rounding::NearestEven), 1);
}

/// How many of the sums of an accumulator and a product of two 8-bit operands come out otherwise where f32 adds first.
static int countOtherwiseInF32(int mantissaBits, Rounding rounding) {
  FloatFormat format = FloatFormat::ieee(8, mantissaBits), f8E5M2 = FloatFormat::ieee(5, 2);
  int otherwise = 0;
  for (uint64_t index = 0; index < 100000; ++index) {
    auto draw = words(index, 7);
    double accumulator = roundTo(floatOf(draw[0] % (30u << 23) + (112u << 23)), format, Rounding::TowardZero);
    double product = f8E5M2.decode(draw[1] & 0x7b) * f8E5M2.decode(draw[2] & 0xfb);
    double twice = roundTo(float(accumulator) + float(product), format, rounding);
    otherwise += twice != addRounded(accumulator, product, format, rounding);
  }
  return otherwise;
}

/// An emulation may add in f32 first, and round twice, if it rounds to nearest and sums have at most 10 bits, and no
/// fewer than products: 5 here. Of a product that is a tie of narrower sums, f32 loses which side a small sum is on.
TEST(Rounding, SaysWhereF32MayAddFirst) {
  for (int bits : {5, 7, 9, 10})
    EXPECT_EQ(countOtherwiseInF32(bits, Rounding::NearestEven), 0) << bits;
  for (int bits : {3, 4})
    EXPECT_GT(countOtherwiseInF32(bits, Rounding::NearestEven), 0) << bits;
  for (int bits : {7, 9, 10, 13})
    EXPECT_GT(countOtherwiseInF32(bits, Rounding::TowardZero), 0) << bits;
  // 1.125 is half way between 1 and 1.25.
  FloatFormat narrow = FloatFormat::ieee(8, 2);
  EXPECT_EQ(roundTo(float(0x1p-30) + float(1.125), narrow, Rounding::NearestEven), 1);
  EXPECT_EQ(addRounded(0x1p-30, 1.125, narrow, Rounding::NearestEven), 1.25);
}

TEST(Rounding, KeepsSignsOfZeros) {
  FloatFormat e6m9 = FloatFormat::ieee(6, 9);
  for (Rounding rounding : {Rounding::NearestEven, Rounding::TowardZero, Rounding::Stochastic}) {
    EXPECT_EQ(bitsOf(addRounded(1.5, -1.5, e6m9, rounding)), bitsOf(0.0));
    EXPECT_EQ(bitsOf(addRounded(-0.0, -0.0, e6m9, rounding)), bitsOf(-0.0));
    EXPECT_EQ(bitsOf(addRounded(-0.0, 0.0, e6m9, rounding)), bitsOf(0.0));
    EXPECT_EQ(bitsOf(addRounded(0.0, -0x1p-60, e6m9, rounding)), bitsOf(-0.0));
  }
}

TEST(Rounding, AddsInfinitiesAndNaNs) {
  FloatFormat e6m9 = FloatFormat::ieee(6, 9);
  EXPECT_EQ(addRounded(infinity, -1e9, e6m9, Rounding::TowardZero), infinity);
  EXPECT_TRUE(std::isnan(addRounded(infinity, -infinity, e6m9, Rounding::NearestEven)));
  EXPECT_TRUE(std::isnan(addRounded(notANumber, 1, e6m9, Rounding::Stochastic, 1)));
}

/// All of the 2^r words, and so no chance: of |x| with fraction f, floor(f 2^r) of them round away from zero.
TEST(Rounding, IsStochasticByTheShareOfWords) {
  FloatFormat format = FloatFormat::ieee(4, 15);           // r = 8
  for (double scale : {0x1p-21, 0x1p-20, 0x1p-8, -0x1p-9}) // the first two are subnormal
    for (double fraction : {0.0, 0x1p-9, 0x1p-8, 0.3, 0.5, 255.5 / 256}) {
      double below = (scale == 0x1p-21 ? 1001 : 32768 + 1001) * scale, distance = scale;
      if (scale == 0x1p-20)
        below = 5 * 0x1p-21, distance = 0x1p-21;
      int away = 0;
      for (uint32_t random = 0; random < 256; ++random) {
        // Higher bits mean nothing.
        double rounded = roundTo(below + fraction * distance, format, Rounding::Stochastic, random | random << 17);
        ASSERT_TRUE(rounded == below || rounded == below + distance);
        away += rounded != below;
      }
      EXPECT_EQ(away, int(fraction * 256)) << below << " " << fraction;
    }
}

/// The first of them still draw: of the smallest number 2^-39, 2^-52 is the part 2^-13, and 2^-53 half of that.
TEST(Rounding, IsStochasticFarBelowTheSmallestNumber) {
  FloatFormat e6m9 = FloatFormat::ieee(6, 9);
  constexpr uint32_t words = 1 << 14;
  for (auto [value, expected] : {std::pair(0x1p-52, 2), {0x1p-53, 1}, {0x1p-54, 0}, {-0x1p-52, 2}, {0x1p-200, 0}}) {
    int away = 0;
    for (uint32_t random = 0; random < words; ++random)
      away += roundTo(value, e6m9, Rounding::Stochastic, random) != 0;
    EXPECT_EQ(away, expected) << value;
  }
}

TEST(Rounding, IsStochasticWithoutBias) {
  FloatFormat e6m9 = FloatFormat::ieee(6, 9);
  constexpr int draws = 10'000'000;
  Rounder rounder(e6m9, Rounding::Stochastic);
  double error = 0, x = 1 + 0x1p-9 * 0.3;
  for (int draw = 0; draw < draws; draw += 4)
    for (uint32_t word : words(draw, 4))
      error += rounder.round(x, word) - x;
  // The standard error of the mean is the distance 2^-9 times sqrt(0.3 0.7 / draws); the bias is at most 2^-23.
  EXPECT_NEAR(error / draws, 0, 4 * 0x1p-9 * std::sqrt(0.21 / draws) + 0x1p-23);
}

TEST(Rounding, HasNames) {
  for (Rounding rounding : {Rounding::NearestEven, Rounding::TowardZero, Rounding::Stochastic})
    EXPECT_EQ(parseRounding(nameOf(rounding)), rounding);
  EXPECT_FALSE(parseRounding("nearest"));
}
