//===- PhiloxTest.cpp -----------------------------------------------------===//
#include "runtime/Philox.h"

#include <gtest/gtest.h>

using namespace sluice::runtime;

// The known answers of Random123 1.14 (kat_vectors).
TEST(Philox, KnownAnswers) {
  constexpr uint32_t ones = 0xFFFFFFFF;
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}), (PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({ones, ones, ones, ones}, {ones, ones}),
            (PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, IsAConstant) {
  static_assert(philoxKey(0x0123456789abcdef)[0] == 0x89abcdef);
  static_assert(hashName("") == 0xCBF29CE484222325 && hashName("a") == 0xAF63DC4C8601EC8C);
  static_assert(uniformDouble(0, 0) == 0.0 && uniformDouble(0xFFFFFFFF, 0xFFFFFFFF) < 1.0);
}

TEST(Philox, UniformBelowStaysBelow) {
  EXPECT_EQ(uniformBelow(0xFFFFFFFF, 0xFFFFFFFF, 7), 6u);
  EXPECT_EQ(uniformBelow(0, 0, 7), 0u);
  EXPECT_EQ(uniformBelow(0xFFFFFFFF, 0xFFFFFFFF, 1), 0u);
  EXPECT_EQ(uniformBelow(0, 0x80000000, 10), 5u);
}

TEST(Philox, NormalHasItsMoments) {
  constexpr uint32_t pairs = 200000;
  double sum = 0, squares = 0, fourths = 0, products = 0;
  for (uint32_t i = 0; i < pairs; ++i) {
    auto [a, b] = normalPair(philox({i, 0, 0, 0}, philoxKey(42)));
    sum += a + b;
    squares += a * a + b * b;
    fourths += a * a * a * a + b * b * b * b;
    products += a * b;
  }
  EXPECT_NEAR(sum / (2 * pairs), 0.0, 0.008); // 5 standard errors each
  EXPECT_NEAR(squares / (2 * pairs), 1.0, 0.0112);
  EXPECT_NEAR(fourths / (2 * pairs), 3.0, 0.078);
  EXPECT_NEAR(products / pairs, 0.0, 0.0112);
}

TEST(Philox, NormalIsFiniteAtTheEnds) {
  EXPECT_EQ(normalPair({0, 0, 0, 0})[0], 0.0);
  EXPECT_TRUE(std::isfinite(normalPair({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF})[0]));
}
