//===- PartsTest.cpp - Tests of how a loop is handed out ------------------===//

#include "runtime/cpu/Parts.h"

#include <gtest/gtest.h>

#include <limits>
#include <utility>
#include <vector>

using sluice::runtime::Parts;

namespace {

std::pair<uint32_t, uint32_t> take(Parts &parts, uint32_t number, unsigned thread) {
  Parts::Part part = parts.take(number, thread);
  return {part.begin, part.end};
}

TEST(PartsTest, CutsALoopIntoAFewPiecesAThread) {
  Parts parts(4);
  EXPECT_EQ(parts.pieces(1), 1u);
  EXPECT_EQ(parts.pieces(31), 31u);
  EXPECT_EQ(parts.pieces(int64_t(1) << 40), 32u);
}

TEST(PartsTest, CutsEvenlyWithoutOverflow) {
  for (int64_t count : {int64_t(10), int64_t(1000003), std::numeric_limits<int64_t>::max()}) {
    EXPECT_EQ(Parts::firstIndex(count, 0, 7), 0);
    EXPECT_EQ(Parts::firstIndex(count, 7, 7), count);
    for (uint32_t piece = 0; piece < 7; ++piece) {
      int64_t size = Parts::firstIndex(count, piece + 1, 7) - Parts::firstIndex(count, piece, 7);
      EXPECT_GE(size, count / 7);
      EXPECT_LE(size, count / 7 + 1);
    }
  }
}

TEST(PartsTest, TakesHalfOfItsOwnRangeThenFromTheBackOfOthers) {
  Parts parts(2);
  parts.begin(1, 16);
  using Pair = std::pair<uint32_t, uint32_t>;
  EXPECT_EQ(take(parts, 1, 0), Pair(0, 4));
  EXPECT_EQ(take(parts, 1, 0), Pair(4, 6));
  EXPECT_EQ(take(parts, 1, 0), Pair(6, 7));
  EXPECT_EQ(take(parts, 1, 0), Pair(7, 8));
  EXPECT_EQ(take(parts, 1, 0), Pair(12, 16));
  EXPECT_EQ(take(parts, 1, 1), Pair(8, 10));
  EXPECT_EQ(take(parts, 1, 0), Pair(11, 12));
  EXPECT_EQ(take(parts, 1, 1), Pair(10, 11));
  EXPECT_EQ(parts.take(1, 0).pieces(), 0u);
  EXPECT_EQ(parts.take(1, 1).pieces(), 0u);
}

TEST(PartsTest, GivesEveryPieceOnceWithFewerPiecesThanThreads) {
  Parts parts(5);
  for (uint32_t number = 1; number < 40; ++number) {
    std::vector<int> given(number, 0);
    parts.begin(number, number);
    for (unsigned thread = number, empty = 0; empty < 5; ++thread) {
      Parts::Part part = parts.take(number, thread % 5);
      empty = part.pieces() == 0 ? empty + 1 : 0;
      for (uint32_t piece = part.begin; piece < part.end; ++piece)
        ++given[piece];
    }
    EXPECT_EQ(given, std::vector<int>(number, 1));
  }
}

TEST(PartsTest, GivesNothingToThoseWhoComeLate) {
  Parts parts(2);
  parts.begin(1, 2);
  parts.take(1, 0);
  parts.take(1, 0);
  // A thread that has seen loop 1 begin looks when loop 2 has begun, and when 2^32 more could have.
  parts.begin(2, 16);
  EXPECT_EQ(parts.take(1, 1).pieces(), 0u);
  EXPECT_EQ(parts.take(2, 1).pieces(), 4u);
  parts.begin(0, 16);
  EXPECT_EQ(parts.take(0xffffffff, 1).pieces(), 0u);
  EXPECT_EQ(parts.take(0, 1).pieces(), 4u);
}

} // namespace
