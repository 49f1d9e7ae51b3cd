//===- VarianceRetentionTest.cpp - The theory beside published and plain figures ---------------===//
#include "passes/Numerics/VarianceRetention.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace sluice::precision;

/// Products of 8-bit operands of 2 bits of mantissa each.
static Products products(int64_t count, double nonZeroRatio = 1) { return {count, 5, nonZeroRatio}; }

static int bits(int64_t count, int64_t chunk = 1, ChunkCriterion criterion = ChunkCriterion::Product) {
  return smallestSumBits(products(count), chunk, criterion).value_or(-1);
}

static double twoQ(double x) { return std::erfc(x / std::sqrt(2.0)); }

/// The formulas as they are written, summed term by term.
static double plainRetention(int64_t n, int termBits, int sumBits, bool partial) {
  auto lostUpTo = [&](int stages) {
    double sum = 0;
    for (int j = 1; j <= stages; ++j)
      sum += std::pow(2.0, j) * (std::pow(2.0, j) - 1) * (std::pow(2.0, j + 1) - 1);
    return partial ? std::pow(2.0, sumBits - 3 * termBits) / 3 * sum : 0;
  };
  double bound = std::pow(2.0, sumBits), root = std::sqrt(double(n)), kept = 0, k = 0, a = lostUpTo(termBits);
  double previous = twoQ(bound);
  for (int64_t i = 2; i < n; ++i) {
    double here = twoQ(bound / std::sqrt(double(i))), q = i > a ? here * (1 - previous) : 0;
    kept += (i - a) * q;
    k += q;
    previous = here;
  }
  for (int j = 2; partial && j <= termBits; ++j)
    if (n > lostUpTo(j - 1)) {
      double from = bound * std::pow(2.0, j - 1 - termBits), q = twoQ(from / root) - twoQ(2 * from / root);
      kept += (n - lostUpTo(j - 1)) * q;
      k += q;
    }
  double before = 1 - twoQ(partial ? bound * std::pow(2.0, 1 - termBits) / root : bound / root);
  return (kept + n * before) / ((k + before) * n);
}

TEST(VarianceRetention, AgreesWithTheFormulasTermByTerm) {
  for (int64_t count : {2, 3, 7, 100, 1025, 1026, 4608, 100000})
    for (int termBits : {1, 5, 12})
      for (int sumBits : {3, 6, 9, 12, 15}) {
        Products terms{count, termBits, 1};
        EXPECT_NEAR(varianceRetention(terms, sumBits), plainRetention(count, termBits, sumBits, true), 2e-10)
            << count << " " << termBits << " " << sumBits;
        EXPECT_NEAR(varianceRetentionFullSwamping(terms, sumBits), plainRetention(count, termBits, sumBits, false),
                    2e-10);
      }
}

/// n (1 - retention) is what is compared: its error is n times as large.
TEST(VarianceRetention, IsExactEnoughForLongSums) {
  double plain = plainRetention(3211264, 5, 14, true);
  EXPECT_NEAR(logVarianceLost(products(3211264), 14), 3211264 * (1 - plain), 1e-3);
}

TEST(VarianceRetention, ReproducesTheConfirmedWidths) {
  EXPECT_EQ(bits(576), 7);
  EXPECT_EQ(bits(1152), 8);
  EXPECT_EQ(bits(2304), 8);
  EXPECT_EQ(bits(4608), 9);
  EXPECT_EQ(bits(3211264), 15);
}

TEST(VarianceRetention, ReproducesTheWidthsOfCommonLengths) {
  int expected[][2] = {{128, 6}, {384, 7}, {512, 7}, {768, 7}, {2048, 8}, {4096, 9}, {16384, 10}};
  for (auto [count, width] : expected)
    EXPECT_EQ(bits(count), width) << count;
}

/// The longest suitable sums, by full swamping alone and with partial swamping.
TEST(VarianceRetention, ReproducesTheKnees) {
  int64_t expected[][3] = {{5, 148, 127}, {6, 410, 367}, {7, 1224, 1121}, {8, 3841, 3564}};
  for (auto [width, full, both] : expected) {
    auto lost = [width = int(width)](int64_t count) { return logVarianceLost(products(count), width); };
    auto lostFull = [width = int(width)](int64_t count) {
      return count * (1 - varianceRetentionFullSwamping(products(count), width));
    };
    EXPECT_LT(lostFull(full), logSuitable);
    EXPECT_GE(lostFull(full + 1), logSuitable);
    EXPECT_LT(lost(both), logSuitable);
    EXPECT_GE(lost(both + 1), logSuitable);
  }
  // These are given to three digits.
  double rounded[][3] = {{9, 12.5e3, 11.6e3}, {10, 41.8e3, 38.1e3}, {11, 143e3, 119e3}, {12, 498e3, 316e3}};
  for (auto [width, full, both] : rounded) {
    auto lostFull = [width = int(width)](int64_t count) {
      return count * (1 - varianceRetentionFullSwamping(products(count), width));
    };
    EXPECT_LT(lostFull(int64_t(full * 0.99)), logSuitable) << width;
    EXPECT_GE(lostFull(int64_t(full * 1.01)), logSuitable) << width;
    EXPECT_LT(logVarianceLost(products(int64_t(both * 0.99)), int(width)), logSuitable) << width;
    EXPECT_GE(logVarianceLost(products(int64_t(both * 1.01)), int(width)), logSuitable) << width;
  }
}

TEST(VarianceRetention, ReproducesTheRatiosBesideTrials) {
  double expected[][4] = {{5, 256, 0.859, 0.790},  {5, 4096, 0.563, 0.558},  {6, 4096, 0.683, 0.672},
                          {7, 4096, 0.817, 0.794}, {8, 16384, 0.814, 0.803}, {5, 65536, 0.419, 0.419}};
  for (auto [width, count, full, both] : expected) {
    EXPECT_NEAR(varianceRetentionFullSwamping(products(int64_t(count)), int(width)), full, 5.1e-4);
    EXPECT_NEAR(varianceRetention(products(int64_t(count)), int(width)), both, 5.1e-4);
  }
}

TEST(VarianceRetention, JudgesChunksByEitherCriterion) {
  int expected[][3] = {{576, 5, 5}, {1152, 6, 5}, {2304, 6, 5}, {4608, 7, 5}, {3211264, 14, 11}};
  for (auto [count, product, each] : expected) {
    EXPECT_EQ(bits(count, 64), product) << count;
    EXPECT_EQ(bits(count, 64, ChunkCriterion::EachLevel), each) << count;
  }
}

TEST(VarianceRetention, MultipliesTheRatiosOfBothLevels) {
  // 64 products of 5 bits, then 72 sums of min(8, 5 + 6) bits; a quarter of the products leaves 16 and 5 + 4 bits.
  EXPECT_NEAR(varianceRetention(products(4608), 8, 64),
              varianceRetention({64, 5, 1}, 8) * varianceRetention({72, 8, 1}, 8), 1e-12);
  EXPECT_NEAR(varianceRetention(products(4608, 0.25), 12, 64),
              varianceRetention({16, 5, 1}, 12) * varianceRetention({72, 9, 1}, 12), 1e-12);
  // The last chunk is short; a chunk longer than the sum is the sum.
  EXPECT_EQ(varianceRetention(products(65), 5, 64), varianceRetention(products(128), 5, 64));
  EXPECT_EQ(varianceRetention(products(100), 5, 4096), varianceRetention(products(100), 5));
  EXPECT_EQ(varianceRetention(products(100), 5, 1), varianceRetention(products(100), 5));
}

TEST(VarianceRetention, CountsProductsThatAreNotZero) {
  EXPECT_EQ(varianceRetention(products(4608, 0.25), 6), varianceRetention(products(1152), 6));
  EXPECT_EQ(logVarianceLost(products(4608, 0.25), 6), logVarianceLost(products(1152), 6));
  EXPECT_EQ(smallestSumBits(products(4608, 0.125)), 7);
  EXPECT_EQ(varianceRetention(products(100, 1e-6), 1), 1);
}

TEST(VarianceRetention, FindsNoWidthForEndlessSums) {
  EXPECT_FALSE(smallestSumBits(products(int64_t{1} << 50)));
  EXPECT_FALSE(chooseChunk({int64_t{1} << 60, 5, 1}));
}

TEST(VarianceRetention, ChoosesTheChunkOfFewestBits) {
  for (int64_t count : {1, 2, 128, 576, 4096, 3211264}) {
    std::optional<Choice> choice = chooseChunk(products(count));
    ASSERT_TRUE(choice);
    double middle = std::log2(double(count)) / 2, distance = std::fabs(std::log2(double(choice->chunk)) - middle);
    EXPECT_EQ(bits(count, choice->chunk), choice->sumBits);
    for (int64_t chunk = 1; chunk == 1 || chunk < count; chunk *= 2) {
      EXPECT_GE(bits(count, chunk), choice->sumBits) << count << " " << chunk;
      // A chunk of as many bits is further from sqrt(count), or as far and longer.
      double other = std::fabs(std::log2(double(chunk)) - middle);
      if (bits(count, chunk) == choice->sumBits && chunk != choice->chunk)
        EXPECT_TRUE(other > distance || (other == distance && chunk > choice->chunk)) << count << " " << chunk;
    }
  }
  EXPECT_EQ(chooseChunk(products(1))->chunk, 1);
}
