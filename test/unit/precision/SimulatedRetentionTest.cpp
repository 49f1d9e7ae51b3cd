//===- SimulatedRetentionTest.cpp - Trials beside a table of others --------------------------===//
#include "passes/Numerics/SimulatedRetention.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace sluice::precision;

static const FloatFormat f32;

static Accumulation sums(int mantissaBits, Rounding rounding, int64_t chunk = 1) {
  FloatFormat format = FloatFormat::ieee(8, mantissaBits);
  return {format, chunk, format, rounding, {}};
}

namespace {
/// A row of the table: 3,000 trials of products of 5 mantissa bits, printed to three places.
struct Row {
  int sumBits;
  int64_t count;
  double nearest, towardZero, chunked;
};
} // namespace

static constexpr Row rows[] = {{5, 256, 0.995, 0.189, 0.997},   {5, 4096, 0.847, 0.012, 0.998},
                               {6, 4096, 0.979, 0.025, 0.999},  {7, 4096, 0.989, 0.052, 0.999},
                               {8, 16384, 0.994, 0.027, 0.999}, {5, 65536, 0.216, 0.001, 0.974}};

/// Both have an error: ours, and that of 3,000 trials, which is ours by the number of trials.
static void expectTable(const Row &row, int64_t trials) {
  auto expectRatio = [&](const char *what, const Accumulation &accumulation, double expected) {
    Retention found = simulateRetention({row.count, 5, 1}, accumulation, {trials, 7});
    double error = found.standardError * std::sqrt(1 + trials / 3000.0);
    EXPECT_NEAR(found.ratio, expected, 3 * error + 5e-4) << row.sumBits << " bits, " << row.count << ", " << what;
    std::printf("%2d bits, %5lld products, %-11s %.4f +- %.4f, table %.3f\n", row.sumBits, (long long)row.count, what,
                found.ratio, found.standardError, expected);
  };
  expectRatio("nearest", sums(row.sumBits, Rounding::NearestEven), row.nearest);
  expectRatio("toward zero", sums(row.sumBits, Rounding::TowardZero), row.towardZero);
  expectRatio("chunk 64", sums(row.sumBits, Rounding::NearestEven, 64), row.chunked);
}

TEST(SimulatedRetention, AgreesWithTheTable) {
  for (const Row &row : rows)
    expectTable(row, row.count > 16384 ? 16 : row.count > 4096 ? 60 : 200);
}

/// sluice-precision-unit-tests --gtest_also_run_disabled_tests --gtest_filter=*TheWholeTable*
TEST(SimulatedRetention, DISABLED_AgreesWithTheWholeTable) {
  for (const Row &row : rows)
    expectTable(row, 3000);
}

TEST(SimulatedRetention, IsPerfectForSumsThatLoseNothing) {
  Retention found = simulateRetention({200, 5, 1}, {f32, 1, f32, Rounding::NearestEven, {}}, {50, 0});
  EXPECT_NEAR(found.ratio, 1, 1e-7);
  EXPECT_LT(found.standardError, 1e-7);
}

TEST(SimulatedRetention, RepeatsItselfAndFollowsTheSeed) {
  Accumulation accumulation = sums(5, Rounding::Stochastic, 16);
  double first = simulateRetention({100, 5, 1}, accumulation, {50, 3}).ratio;
  EXPECT_EQ(simulateRetention({100, 5, 1}, accumulation, {50, 3}).ratio, first);
  EXPECT_NE(simulateRetention({100, 5, 1}, accumulation, {50, 4}).ratio, first);
}

/// Its error says how far estimates of other seeds are.
TEST(SimulatedRetention, KnowsItsError) {
  double sum = 0, squares = 0, error = 0;
  constexpr int seeds = 100;
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    Retention found = simulateRetention({100, 5, 1}, sums(4, Rounding::TowardZero), {200, seed});
    sum += found.ratio, squares += found.ratio * found.ratio, error += found.standardError / seeds;
  }
  double spread = std::sqrt(squares / seeds - sum / seeds * (sum / seeds));
  EXPECT_GT(error, 0.75 * spread);
  EXPECT_LT(error, 1.33 * spread);
}

/// Stochastic sums do not swamp where those toward zero do.
TEST(SimulatedRetention, MeasuresStochasticSums) {
  Retention stochastic = simulateRetention({1024, 5, 1}, sums(5, Rounding::Stochastic), {300, 0});
  EXPECT_GT(stochastic.ratio, 0.9);
  EXPECT_LT(simulateRetention({1024, 5, 1}, sums(5, Rounding::TowardZero), {300, 0}).ratio, 0.1);
}

/// With a quarter of the products, sums are as those of a quarter of the length.
TEST(SimulatedRetention, LeavesOutZeros) {
  Retention sparse = simulateRetention({4096, 5, 0.0625}, sums(5, Rounding::TowardZero), {500, 0});
  EXPECT_NEAR(sparse.ratio, 0.189, 4 * sparse.standardError);
}

TEST(SimulatedRetention, MeasuresOperandsAndOrders) {
  FloatFormat f8E4M3FN{4, 3, 7, FloatFormat::Specials::NaNOnly}, e8m13 = FloatFormat::ieee(8, 13);
  std::string error;
  Accumulation hopper{e8m13, 1, f32, Rounding::TowardZero, *Order::parse("hopper-fp8", error)};
  double never = simulateRetention({4096, 0, 1}, {f8E4M3FN, f8E4M3FN}, hopper, {60, 0}).ratio;
  hopper.chunk = 128;
  double promoted = simulateRetention({4096, 0, 1}, {f8E4M3FN, f8E4M3FN}, hopper, {60, 0}).ratio;
  EXPECT_LT(never, promoted);
  EXPECT_LT(promoted, 1);
  EXPECT_NEAR(never, 1, 1e-2);
  EXPECT_NEAR(promoted, 1, 1e-3);
}

TEST(SimulatedRetention, MeasuresErrors) {
  FloatFormat f8E5M2 = FloatFormat::ieee(5, 2), bf16 = FloatFormat::ieee(8, 7);
  auto errorOf = [](const FloatFormat &format, int64_t count, const Accumulation &accumulation) {
    return simulateError(count, {format, format}, accumulation, {400, 0});
  };
  // A product of 5 mantissa bits fits.
  EXPECT_EQ(errorOf(f8E5M2, 1, sums(5, Rounding::NearestEven)).value, 0);
  EXPECT_EQ(errorOf(f8E5M2, 1, sums(5, Rounding::NearestEven)).standardError, 0);
  // Rounding a random walk of n steps n times to m bits: about 2^-m sqrt(n / 24), which a bit more halves.
  RelativeError eight = errorOf(bf16, 256, sums(8, Rounding::NearestEven));
  RelativeError nine = errorOf(bf16, 256, sums(9, Rounding::NearestEven));
  EXPECT_NEAR(eight.value / nine.value, 2, 0.3);
  double expected = std::ldexp(std::sqrt(256 / 24.0), -8);
  EXPECT_GT(eight.value, expected / 2);
  EXPECT_LT(eight.value, expected * 2);
  EXPECT_GT(eight.standardError, 0);
  EXPECT_LT(eight.standardError, eight.value / 10);
  // Chunks shorten the walks.
  EXPECT_LT(errorOf(bf16, 4096, sums(8, Rounding::NearestEven, 64)).value,
            errorOf(bf16, 4096, sums(8, Rounding::NearestEven)).value / 3);
}

/// The width that is found is suitable, one bit less is not. To nearest it is below the theory's; toward zero, above.
TEST(SimulatedRetention, FindsTheSmallestWidth) {
  Products products{128, 5, 1};
  Trials trials{1000, 0};
  for (Rounding rounding : {Rounding::NearestEven, Rounding::TowardZero}) {
    std::optional<SimulatedChoice> choice = smallestSimulatedSumBits(products, sums(1, rounding), trials);
    ASSERT_TRUE(choice);
    auto lost = [&](int bits) { return 128 * (1 - simulateRetention(products, sums(bits, rounding), trials).ratio); };
    EXPECT_EQ(choice->logVarianceLost, lost(choice->sumBits));
    EXPECT_LT(lost(choice->sumBits), logSuitable);
    EXPECT_GE(lost(choice->sumBits - 1), logSuitable);
    EXPECT_GT(choice->standardError, 0);
    if (rounding == Rounding::NearestEven)
      EXPECT_LT(choice->sumBits, smallestSumBits(products));
    else
      EXPECT_GT(choice->sumBits, *smallestSumBits(products) + 2);
  }
}

/// Toward zero, a sum across as narrow as that within costs bits.
TEST(SimulatedRetention, KeepsTheSumAcrossInF32) {
  Accumulation accumulation = sums(1, Rounding::TowardZero, 32);
  accumulation.across = f32;
  auto wide = smallestSimulatedSumBits({2048, 5, 1}, accumulation, {100, 0});
  accumulation.across = accumulation.sum;
  auto narrow = smallestSimulatedSumBits({2048, 5, 1}, accumulation, {100, 0});
  ASSERT_TRUE(wide && narrow);
  EXPECT_LT(wide->sumBits, narrow->sumBits);
}

TEST(SimulatedRetention, FindsNoWidthWhereNoneSuits) {
  // A sum that overflows is never suitable.
  Accumulation accumulation{FloatFormat::ieee(2, 1), 1, FloatFormat::ieee(2, 1), Rounding::TowardZero, {}};
  EXPECT_FALSE(smallestSimulatedSumBits({1000, 5, 1}, accumulation, {50, 0}));
}
