//===- ReferenceSumsTest.cpp - Sums of products beside sums by hand ----------------------------===//
#include "passes/Numerics/ReferenceSums.h"
#include "RandomWords.h"
#include <algorithm>
#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <utility>
#include <vector>

using namespace sluice::precision;

static const FloatFormat f32, e6m9 = FloatFormat::ieee(6, 9), e8m13 = FloatFormat::ieee(8, 13),
                              f8E4M3FN{4, 3, 7, FloatFormat::Specials::NaNOnly}, f16 = FloatFormat::ieee(5, 10);

static Order order(const char *name) {
  std::string error;
  std::optional<Order> found = Order::parse(name, error);
  EXPECT_TRUE(found) << error;
  return found.value_or(Order());
}

static Accumulation tensorCore(const char *name, int64_t chunk = 1) {
  Order blocks = order(name);
  Accumulation accumulation{FloatFormat::ieee(8, blocks.outputBits), chunk, f32, Rounding::TowardZero, blocks};
  EXPECT_FALSE(accumulation.check()) << *accumulation.check();
  return accumulation;
}

/// The sum of products that are there already; each is a value of f8E4M3FN times 1.
static double sum(const std::vector<float> &left, const Accumulation &accumulation, RandomWord random = nullptr,
                  const FloatFormat &format = f8E4M3FN) {
  return sumOfProducts(left, std::vector<float>(left.size(), 1), {format, format}, accumulation, random);
}

TEST(ReferenceSums, RoundsEveryAddition) {
  Accumulation accumulation{FloatFormat::ieee(6, 2), 1, f32, Rounding::NearestEven, {}};
  // 4, 5, 6, 7, 8, then 9 is a tie of 8 and 10, and 8 stays.
  EXPECT_EQ(sum(std::vector<float>(4, 1), accumulation), 4);
  EXPECT_EQ(sum(std::vector<float>(1000, 1), accumulation), 8);
  accumulation.rounding = Rounding::TowardZero;
  EXPECT_EQ(sum({7, 1, 1.75, 1.75, 1.75}, accumulation), 8);
  EXPECT_EQ(sum({}, accumulation), 0);
}

TEST(ReferenceSums, SumsInChunks) {
  Accumulation accumulation{FloatFormat::ieee(6, 2), 4, FloatFormat::ieee(6, 2), Rounding::NearestEven, {}};
  // Chunks of 4: 4, 8, 12, 16, then 20 (of 2-bit mantissas), 24, 28, 32; then 36 is a tie of 32 and 40.
  EXPECT_EQ(sum(std::vector<float>(16, 1), accumulation), 16);
  EXPECT_EQ(sum(std::vector<float>(32, 1), accumulation), 32);
  EXPECT_EQ(sum(std::vector<float>(1000, 1), accumulation), 32);
  accumulation.across = f32;
  EXPECT_EQ(sum(std::vector<float>(1002, 1), accumulation), 1002);
  // One chunk and a part of one: 8 (swamped at 8 of 10) and 3.
  accumulation.chunk = 10;
  EXPECT_EQ(sum(std::vector<float>(13, 1), accumulation), 11);
  // The sum across is rounded even where there is one chunk.
  accumulation = {f32, 64, FloatFormat::ieee(6, 2), Rounding::NearestEven, {}};
  EXPECT_EQ(sum(std::vector<float>(9, 1), accumulation), 8);
}

/// In f32 the sum across is rounded to nearest, whatever the rounding within.
TEST(ReferenceSums, PromotesToNearest) {
  Accumulation accumulation{f32, 2, f32, Rounding::TowardZero, {}};
  std::vector<float> products = {1, 0, 0x1.8p-24f, 0};
  EXPECT_EQ(sum(products, accumulation, nullptr, f32), 1 + 0x1p-23);
  accumulation.across = FloatFormat::ieee(8, 22);
  EXPECT_EQ(sum({1, 0, 0x1.8p-23f, 0}, accumulation, nullptr, f32), 1);
}

TEST(ReferenceSums, AsksForTheWordOfEveryAddition) {
  Accumulation accumulation{e6m9, 3, e6m9, Rounding::Stochastic, {}};
  std::vector<std::pair<int64_t, Addition>> asked;
  sum(std::vector<float>(7, 1), accumulation, [&](int64_t k, Addition addition) {
    asked.push_back({k, addition});
    return 0;
  });
  std::vector<std::pair<int64_t, Addition>> expected;
  for (int64_t k = 0; k < 7; ++k) {
    expected.push_back({k, Addition::Within});
    if (k % 3 == 2 || k == 6)
      expected.push_back({k, Addition::Across});
  }
  EXPECT_EQ(asked, expected);
  // 512 + 0.75: a quarter of the words leave 512.
  accumulation.chunk = 1;
  for (uint32_t quarter = 0; quarter < 4; ++quarter)
    EXPECT_EQ(sum({256, 256, 0.75}, accumulation, [&](int64_t, Addition) { return quarter << 12; }),
              quarter == 0 ? 512 : 513);
}

/// The probe of DeepGEMM's maintainers: 2^-s, +2^i and -2^i in one instruction. The small term is there while its
/// distance to the large ones is within the fraction bits.
static int distanceSeen(const char *name, size_t block, const FloatFormat &format) {
  int distance = 0;
  for (int i = 0; i < 40; ++i) {
    // Products of two operands, so that exponents reach.
    std::vector<float> left(block, 0), right(block, 0);
    float half = std::ldexp(1.0f, i / 2), rest = std::ldexp(1.0f, i - i / 2);
    left[0] = half, right[0] = rest, left[1] = -half, right[1] = rest;
    left[2] = right[2] = 1;
    double found = sumOfProducts(left, right, {format, format}, tensorCore(name));
    EXPECT_TRUE(found == 0 || found == 1);
    if (found == 1)
      distance = i;
  }
  return distance;
}

TEST(ReferenceSums, SeesAsFarAsTensorCores) {
  EXPECT_EQ(distanceSeen("hopper-fp8", 32, FloatFormat::ieee(5, 2)), 13);
  EXPECT_EQ(distanceSeen("ada-fp8", 16, FloatFormat::ieee(5, 2)), 13);
  EXPECT_EQ(distanceSeen("hopper-16", 16, FloatFormat::ieee(8, 7)), 25);
  EXPECT_EQ(distanceSeen("hopper-tf32", 8, FloatFormat::ieee(8, 10)), 25);
  EXPECT_EQ(distanceSeen("ampere-16", 8, FloatFormat::ieee(8, 7)), 24);
}

/// The terms of a group are added at once, so a term that two large ones hide counts in the next group.
TEST(ReferenceSums, AddsGroupsOneAfterTheOther) {
  for (auto [name, group] :
       {std::pair("hopper-fp8", 32), {"ada-fp8", 16}, {"hopper-16", 16}, {"hopper-tf32", 8}, {"ampere-16", 8}})
    for (int place = 2; place < 64; ++place) {
      std::vector<float> left(64, 0);
      left[0] = 0x1p14f, left[1] = -0x1p14f, left[place] = 0x1p-14f;
      double expected = place < group ? 0 : 0x1p-14;
      EXPECT_EQ(sum(left, tensorCore(name), nullptr, FloatFormat::ieee(5, 2)), expected) << name << " " << place;
    }
}

TEST(ReferenceSums, CutsTermsAndResultsTowardZero) {
  // 8 is the largest: its unit is 2^3, and terms are cut behind 2^(3-13). -2^-11 and 2^-11 are cut to 0 each.
  EXPECT_EQ(sum({8, -0x1p-9f}, tensorCore("hopper-fp8")), 8 - 0x1p-9);
  float tiny = 0x1p-11f;
  EXPECT_EQ(sum({8, -tiny, -tiny, tiny}, tensorCore("hopper-fp8"), nullptr, FloatFormat::ieee(5, 2)), 8);
  // 1.5 * 2^-10 is cut to 2^-10 before the sum: two are 2^-9, not 1.5 * 2^-9.
  float part = 0x1.8p-10f;
  EXPECT_EQ(sum({8, part, part}, tensorCore("hopper-fp8"), nullptr, FloatFormat::ieee(5, 2)), 8 + 0x1p-9);
  // The result has 13 bits: 16 + 2^-10 + 2^-10, which has 14, is cut to 16 at the end and not before.
  EXPECT_EQ(sum({8, 8, 0x1p-10f}, tensorCore("hopper-fp8"), nullptr, FloatFormat::ieee(5, 2)), 16);
  EXPECT_EQ(sum({8, 8, 0x1p-10f, 0x1p-10f}, tensorCore("hopper-fp8"), nullptr, FloatFormat::ieee(5, 2)), 16 + 0x1p-9);
  EXPECT_EQ(sum({-8, -8, -0x1p-10f}, tensorCore("hopper-fp8"), nullptr, FloatFormat::ieee(5, 2)), -16);
}

/// Products are not normalised: 1.5 * 1.5 = 2.25 has exponent 0, and so has 0.5 * 2^-6 the exponent of 2^-6.
TEST(ReferenceSums, TakesExponentsFromOperands) {
  std::vector<float> left = {1.5, 0x1p-13f}, right = {1.5, 1};
  EXPECT_EQ(sumOfProducts(left, right, {FloatFormat::ieee(5, 2), FloatFormat::ieee(5, 2)}, tensorCore("hopper-fp8")),
            // 2.25 + 2^-13 has 14 bits of mantissa: were 2.25's exponent 1, the term were cut before, to the same.
            2.25);
  left = {1.5, 0x1p-13f, 0x1p-13f};
  right = {1.5, 1, 1};
  EXPECT_EQ(sumOfProducts(left, right, {FloatFormat::ieee(5, 2), FloatFormat::ieee(5, 2)}, tensorCore("hopper-fp8")),
            2.25 + 0x1p-12);
  // f8E4M3FN's subnormal 2^-9 has exponent -6, so 2^-9 * 2^8 cuts terms behind 2^(-6 + 8 - 13), and 2^-12 off. Where
  // 2^-9 is normal that is 2^(-9 + 8 - 13), and 2^-12 stays.
  left = {0x1p-9f, 0x1p-6f};
  right = {0x1p8f, 0x1p-6f};
  EXPECT_EQ(sumOfProducts(left, right, {f8E4M3FN, f8E4M3FN}, tensorCore("hopper-fp8")), 0.5);
  EXPECT_EQ(sumOfProducts(left, right, {f16, f8E4M3FN}, tensorCore("hopper-fp8")), 0.5 + 0x1p-12);
}

TEST(ReferenceSums, PromotesChunksOfTensorCores) {
  // Beside 2^12, terms are cut behind 2^-1: ones are all there, and of 0.75 a third is lost, unless in a later chunk.
  std::vector<float> left(256, 1);
  left[0] = 0x1p12f;
  std::fill(left.begin() + 1, left.begin() + 128, 0.0f);
  EXPECT_EQ(sum(left, tensorCore("hopper-fp8"), nullptr, f16), 0x1p12 + 128);
  std::fill(left.begin() + 128, left.end(), 0.75f);
  EXPECT_EQ(sum(left, tensorCore("hopper-fp8"), nullptr, f16), 0x1p12 + 64);
  EXPECT_EQ(sum(left, tensorCore("hopper-fp8", 128), nullptr, f16), 0x1p12 + 96);
}

TEST(ReferenceSums, LeavesZerosAndInfinities) {
  for (const char *name : {"hopper-fp8", "ampere-16"}) {
    EXPECT_EQ(bitsOf(sum(std::vector<float>(40, -0.0f), tensorCore(name))), bitsOf(0.0));
    float infinity = std::numeric_limits<float>::infinity();
    EXPECT_EQ(sum({1, -infinity, 2}, tensorCore(name)), -infinity);
    EXPECT_TRUE(std::isnan(sum({infinity, -infinity}, tensorCore(name))));
    std::vector<float> large(2, 0x1p127f);
    EXPECT_EQ(sum(large, tensorCore(name), nullptr, f32), infinity);
  }
}

/// A second way to the same sum, in doubles that hold every term: no whole numbers, no shared code.
static double hopperByDoubles(const std::vector<float> &left, const std::vector<float> &right) {
  double accumulator = 0;
  for (size_t start = 0; start < left.size(); start += 32) {
    int largest = accumulator == 0 ? -1000 : std::ilogb(accumulator);
    for (size_t k = start; k < start + 32; ++k)
      if (left[k] * right[k] != 0)
        largest = std::max(largest, std::max(std::ilogb(left[k]), -6) + std::max(std::ilogb(right[k]), -6));
    double unit = std::ldexp(1.0, largest - 13), total = accumulator - std::fmod(accumulator, unit);
    for (size_t k = start; k < start + 32; ++k) {
      double product = double(left[k]) * double(right[k]);
      total += product - std::fmod(product, unit);
    }
    accumulator = total == 0 ? 0 : total - std::fmod(total, std::ldexp(1.0, std::ilogb(total) - 13));
  }
  return accumulator;
}

TEST(ReferenceSums, AgreesWithAnotherFormulationOfHopper) {
  for (uint32_t trial = 0; trial < 2000; ++trial) {
    std::vector<float> left(256), right(256);
    for (uint32_t k = 0; k < 256; ++k) {
      auto draw = words(k + 256ull * trial, 5);
      // Codes of f8E4M3FN, without NaN; of few trials all exponents, of the others those near 1.
      uint32_t mask = trial % 4 == 0 ? 0x7f : 0x1f, base = trial % 4 == 0 ? 0 : 0x28;
      left[k] = f8E4M3FN.decode(std::min(base + (draw[0] & mask), 0x7eu) | (draw[0] & 0x80));
      right[k] = f8E4M3FN.decode(std::min(base + (draw[1] & mask), 0x7eu) | (draw[1] & 0x80));
    }
    EXPECT_EQ(sumOfProducts(left, right, {f8E4M3FN, f8E4M3FN}, tensorCore("hopper-fp8")), hopperByDoubles(left, right));
  }
}

TEST(ReferenceSums, SumsProductsThatAreThere) {
  std::vector<double> products = {8, 0x1.8p-10, 0x1.8p-10};
  EXPECT_EQ(sumOf(products, tensorCore("hopper-fp8")), 8 + 0x1p-9);
  EXPECT_EQ(sumOf(products, {f32, 1, f32, Rounding::NearestEven, {}}), 8 + 0x1.8p-9);
}

namespace {
/// What operands of a trial are, before they are quantised.
enum class Operands { Uniform, Normal, Absolute };
} // namespace

/// Relative errors of ways to sum 4,096 products, as root mean squares over trials.
static std::vector<double> relativeErrors(Operands kind, const FloatFormat &format,
                                          const std::vector<Accumulation> &ways) {
  constexpr int trials = 240, length = 4096;
  std::vector<double> squares(ways.size(), 0);
  double exactSquares = 0;
  for (uint32_t trial = 0; trial < trials; ++trial) {
    std::vector<float> left(length), right(length);
    double exact = 0;
    for (uint32_t k = 0; k < length; ++k) {
      auto draw = words(k + length * trial, 6);
      std::array<double, 2> pair = sluice::runtime::normalPair(draw);
      if (kind == Operands::Uniform)
        pair = {draw[0] * 0x1p-32, draw[1] * 0x1p-32};
      else if (kind == Operands::Absolute)
        pair = {std::fabs(pair[0]), std::fabs(pair[1])};
      left[k] = quantize(pair[0], format), right[k] = quantize(pair[1], format);
      exact += double(left[k]) * right[k];
    }
    exactSquares += exact * exact;
    for (size_t way = 0; way < ways.size(); ++way)
      squares[way] += std::pow(sumOfProducts(left, right, {format, format}, ways[way]) - exact, 2);
  }
  for (double &square : squares)
    square = std::sqrt(square / exactSquares);
  return squares;
}

/// Measured for the project with other code: chunks of 64 are 122 times as exact for uniform operands and 6.1 times for
/// normal ones.
TEST(ReferenceSums, LosesAsMuchAsMeasuredWithoutChunks) {
  FloatFormat f8E5M2 = FloatFormat::ieee(5, 2);
  std::vector<Accumulation> ways = {{e6m9, 1, e6m9, Rounding::NearestEven, {}},
                                    {e6m9, 64, e6m9, Rounding::NearestEven, {}}};
  std::vector<double> uniform = relativeErrors(Operands::Uniform, f8E5M2, ways);
  EXPECT_GT(uniform[0], 80 * uniform[1]);
  EXPECT_LT(uniform[0], 200 * uniform[1]);
  std::vector<double> normal = relativeErrors(Operands::Normal, f8E5M2, ways);
  EXPECT_GT(normal[0], 4 * normal[1]);
  EXPECT_LT(normal[0], 9 * normal[1]);
}

/// The same of Hopper's sums: 1.4e-4 promoted every 128 and 1.3e-3 never; of absolute values 6.5e-4 and 7.1e-2.
TEST(ReferenceSums, LosesAsMuchAsMeasuredOnHopper) {
  std::vector<Accumulation> ways = {tensorCore("hopper-fp8", 128), tensorCore("hopper-fp8")};
  double normal[] = {1.4e-4, 1.3e-3}, absolute[] = {6.5e-4, 7.1e-2};
  std::vector<double> found = relativeErrors(Operands::Normal, f8E4M3FN, ways);
  std::vector<double> foundAbsolute = relativeErrors(Operands::Absolute, f8E4M3FN, ways);
  for (int way = 0; way < 2; ++way) {
    EXPECT_NEAR(found[way] / normal[way], 1, 0.25) << found[way];
    EXPECT_NEAR(foundAbsolute[way] / absolute[way], 1, 0.25) << foundAbsolute[way];
  }
}

static std::string problemOf(const Accumulation &accumulation) { return accumulation.check().value_or(""); }

TEST(Accumulation, RefusesWhatIsImpossible) {
  EXPECT_EQ(problemOf({e6m9, 64, e6m9, Rounding::Stochastic, {}}), "");
  EXPECT_EQ(problemOf({e6m9, 0, e6m9, Rounding::NearestEven, {}}), "expected a chunk of at least 1, found 0");
  EXPECT_EQ(problemOf({FloatFormat::ieee(6, 24), 1, f32, Rounding::NearestEven, {}}),
            "expected 1 to 23 mantissa bits, found 24");
  Accumulation accumulation = tensorCore("hopper-fp8", 128);
  accumulation.chunk = 48;
  EXPECT_EQ(problemOf(accumulation), "expected a chunk that is a multiple of 32 with order 'hopper-fp8', found 48");
  accumulation.rounding = Rounding::NearestEven;
  EXPECT_EQ(problemOf(accumulation), "expected rounding 'toward-zero' with order 'hopper-fp8', found 'nearest-even'");
  accumulation.sum = e6m9;
  EXPECT_EQ(problemOf(accumulation), "expected sums of order 'hopper-fp8' in 'e8m13', found 'e6m9'");
  accumulation.order.groups = 5;
  EXPECT_EQ(problemOf(accumulation), "expected a block of 1 to 1024 products in groups of one size, found 32 in 5");
  accumulation.order = {32, 1, 41, 13};
  EXPECT_EQ(problemOf(accumulation), "expected 1 to 40 fraction bits, found 41");
  accumulation.order = {32, 1, 40, 24};
  EXPECT_EQ(problemOf(accumulation), "expected 1 to 23 mantissa bits of an instruction's result, found 24");
}

TEST(Accumulation, NamesOrders) {
  for (const char *name : {"sequential", "hopper-fp8", "ada-fp8", "hopper-16", "hopper-tf32", "ampere-16"})
    EXPECT_EQ(order(name).name(), name);
  EXPECT_EQ((Order{32, 1, 25, 23}.name()), "32/1:25:23");
  std::string error;
  EXPECT_FALSE(Order::parse("hopper", error));
  EXPECT_EQ(error,
            "expected an order: sequential, hopper-fp8, ada-fp8, hopper-16, hopper-tf32, ampere-16, found 'hopper'");
}
