//===- FloatFormatTest.cpp - Formats beside APFloat's ------------------------------------------===//
#include "dialects/Sluice/FloatFormat.h"
#include "RandomWords.h"
#include "llvm/ADT/APFloat.h"
#include <gtest/gtest.h>

using namespace sluice::precision;
using llvm::APFloat;
using Specials = FloatFormat::Specials;

static FloatFormat parsed(const char *name) {
  std::string error;
  std::optional<FloatFormat> format = FloatFormat::parse(name, error);
  EXPECT_TRUE(format) << error;
  return format.value_or(FloatFormat());
}

static std::string errorOf(const char *name) {
  std::string error;
  EXPECT_FALSE(FloatFormat::parse(name, error)) << name;
  return error;
}

/// What APFloat makes of a code.
static double oracle(const llvm::fltSemantics &semantics, uint32_t code) {
  APFloat value(semantics, llvm::APInt(APFloat::getSizeInBits(semantics), code));
  bool loses;
  value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &loses);
  return value.convertToDouble();
}

static void expectCode(const FloatFormat &format, const llvm::fltSemantics &semantics, uint32_t code) {
  double expected = oracle(semantics, code), found = format.decode(code);
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(found)) << code;
    EXPECT_TRUE(std::isnan(format.decode(format.encode(found)))) << code;
    return;
  }
  EXPECT_EQ(bitsOf(found), bitsOf(expected)) << code;
  EXPECT_EQ(format.encode(found), code);
}

static void expectAllCodes(const FloatFormat &format, const llvm::fltSemantics &semantics) {
  ASSERT_EQ(unsigned(format.storageBits()), APFloat::getSizeInBits(semantics));
  for (uint32_t code = 0; code < uint32_t{1} << format.storageBits(); ++code)
    expectCode(format, semantics, code);
}

TEST(FloatFormat, AgreesWithAPFloatOnEveryCodeOfUpTo16Bits) {
  expectAllCodes(parsed("f8E5M2"), APFloat::Float8E5M2());
  expectAllCodes(parsed("f8E4M3FN"), APFloat::Float8E4M3FN());
  expectAllCodes(parsed("e4m3"), APFloat::Float8E4M3());
  expectAllCodes(parsed("e3m4"), APFloat::Float8E3M4());
  expectAllCodes(parsed("f16"), APFloat::IEEEhalf());
  expectAllCodes(parsed("bf16"), APFloat::BFloat());
  expectAllCodes({2, 1, 1, Specials::None}, APFloat::Float4E2M1FN());
  expectAllCodes({2, 3, 1, Specials::None}, APFloat::Float6E2M3FN());
  expectAllCodes({3, 2, 3, Specials::None}, APFloat::Float6E3M2FN());
}

TEST(FloatFormat, AgreesWithAPFloatOnRandomCodesOfMoreBits) {
  for (uint32_t index = 0; index < 100000; ++index) {
    expectCode(parsed("f32"), APFloat::IEEEsingle(), words(index)[0]);
    expectCode(parsed("tf32"), APFloat::FloatTF32(), words(index)[1] >> 13);
  }
}

/// No type of APFloat has the bias: codes of 1-4-3 with bias 4 are those of bias 7, times 8, and no infinity.
TEST(FloatFormat, HasTheFormatOfHFP8) {
  FloatFormat format = parsed("e4m3b4");
  for (uint32_t code = 0; code < 256; ++code) {
    double expected = 8 * oracle(APFloat::Float8E4M3FN(), code);
    if (std::isnan(expected))
      EXPECT_TRUE(std::isnan(format.decode(code)));
    else
      EXPECT_EQ(bitsOf(format.decode(code)), bitsOf(expected)) << code;
  }
  EXPECT_EQ(format.maxFinite(), 3584);
  EXPECT_EQ(format.minNormal(), 0.125);
  EXPECT_EQ(format.quantum(), 0.015625);
  EXPECT_EQ(format.storageBits(), 8);
  EXPECT_EQ(format.significantBits(), 4);
}

TEST(FloatFormat, KnowsItsLargestAndSmallestNumbers) {
  EXPECT_EQ(parsed("f32").maxFinite(), double(std::numeric_limits<float>::max()));
  EXPECT_EQ(parsed("f32").minNormal(), double(std::numeric_limits<float>::min()));
  EXPECT_EQ(parsed("f32").quantum(), double(std::numeric_limits<float>::denorm_min()));
  EXPECT_EQ(parsed("f8E4M3FN").maxFinite(), 448);
  EXPECT_EQ(parsed("f8E5M2").maxFinite(), 57344);
  EXPECT_EQ(parsed("f16").maxFinite(), 65504);
  EXPECT_EQ(parsed("e6m9").maxFinite(), (2 - 0x1p-9) * 0x1p31);
  EXPECT_EQ(parsed("e6m9").minNormal(), 0x1p-30);
  EXPECT_EQ(parsed("e6m9").maxExponent(), 31);
  // With one exponent bit and infinities, all numbers are subnormal.
  EXPECT_EQ(parsed("e1m2").maxFinite(), 1.5);
  EXPECT_EQ(parsed("e1m2").quantum(), 0.5);
  EXPECT_EQ(parsed("e1m2b1").maxFinite(), 1.5);
}

/// One has all finite values of another exactly where encoding and decoding leaves each as it is.
TEST(FloatFormat, KnowsWhoseValuesItHas) {
  const char *const names[] = {"tf32",   "bf16",    "f16",  "f8E5M2", "f8E4M3FN",
                               "e4m3b4", "e4m3b11", "e6m9", "e1m2",   "e5m10b3"};
  for (const char *name : names)
    for (const char *other : names) {
      FloatFormat format = parsed(name), values = parsed(other);
      bool hasAll = true;
      for (uint32_t code = 0; code < uint32_t{1} << values.storageBits(); ++code)
        if (double value = values.decode(code); std::isfinite(value))
          hasAll &= format.decode(format.encode(value)) == value;
      EXPECT_EQ(format.hasValuesOf(values), hasAll) << name << " " << other;
    }
  EXPECT_TRUE(parsed("f16").hasValuesOf(parsed("f8E4M3FN")));
  EXPECT_FALSE(parsed("bf16").hasValuesOf(parsed("f16")));
}

TEST(FloatFormat, EncodesSpecialsThatItHasNot) {
  double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(parsed("f8E4M3FN").encode(-infinity), 0xffu);
  EXPECT_EQ((FloatFormat{2, 1, 1, Specials::None}.encode(-infinity)), 0xfu);
  EXPECT_EQ(parsed("f16").encode(std::numeric_limits<double>::quiet_NaN()), 0x7e00u);
  EXPECT_EQ(parsed("f16").encode(-0.0), 0x8000u);
}

TEST(FloatFormat, PrintsNamesThatItReads) {
  for (const char *name : {"f32", "tf32", "bf16", "f16", "f8E5M2", "f8E4M3FN", "e6m9", "e8m13", "e4m3b4", "e1m1"})
    EXPECT_EQ(parsed(name).name(), name);
  for (const char *name : {"f32", "e8m10", "e8m7", "e5m10", "e5m2", "e4m3b7", "e6m9", "e4m3b4"})
    EXPECT_EQ(parsed(name).bits(), name);
  EXPECT_EQ(parsed("e8m23").name(), "f32");
  EXPECT_EQ(parsed("e4m3b7"), parsed("f8E4M3FN"));
  EXPECT_NE(parsed("e4m3"), parsed("f8E4M3FN"));
}

TEST(FloatFormat, RefusesWhatIsImpossible) {
  EXPECT_EQ(errorOf("e0m9"), "expected 1 to 8 exponent bits, found 0 in 'e0m9'");
  EXPECT_EQ(errorOf("e9m9"), "expected 1 to 8 exponent bits, found 9 in 'e9m9'");
  EXPECT_EQ(errorOf("e99999m9"), "expected 1 to 8 exponent bits, found 99999 in 'e99999m9'");
  EXPECT_EQ(errorOf("e6m24"), "expected 1 to 23 mantissa bits, found 24 in 'e6m24'");
  EXPECT_EQ(errorOf("e6m0"), "expected 1 to 23 mantissa bits, found 0 in 'e6m0'");
  EXPECT_EQ(errorOf("e4m3b128"), "expected a bias of -112 to 127, found 128 in 'e4m3b128'");
  EXPECT_EQ(errorOf("e8m7b127"), "expected at most 7 exponent bits without infinities, found 8 in 'e8m7b127'");
  for (const char *name : {"", "e", "e6", "e6m", "m9e6", "e6m9b", "e6m9 ", "e-6m9", "e6m9b-4", "f64", "E6M9", "F16"})
    EXPECT_EQ(errorOf(name), "expected a format: f32, tf32, bf16, f16, f8E5M2, f8E4M3FN, eXmY or eXmYbB with numbers "
                             "X, Y and B, found '" +
                                 std::string(name) + "'");
}

TEST(FloatFormat, KeepsEveryValueOneOfF32) {
  for (const char *name : {"e4m3b127", "e7m23b127", "e1m23b127", "e7m3"}) {
    FloatFormat format = parsed(name);
    EXPECT_GE(format.quantum(), 0x1p-149);
    EXPECT_LT(format.maxFinite(), 0x1p128);
  }
  EXPECT_FALSE((FloatFormat{4, 3, -112, Specials::None}.check()));
  EXPECT_LT((FloatFormat{4, 3, -112, Specials::None}.maxFinite()), 0x1p128);
  EXPECT_TRUE((FloatFormat{4, 3, -113, Specials::None}.check()));
}
