//===- ArenaTest.cpp - Memory for values with lifetimes ------------------------------===//
#include "passes/Buffers/Arena.h"
#include "llvm/ADT/SmallVector.h"
#include "gtest/gtest.h"
#include <random>

using namespace sluice;
using llvm::SmallVector;

static constexpr int64_t alignment = 64;

TEST(Arena, NothingNeedsNothing) {
  EXPECT_EQ(planArena({}, alignment).bytes, 0);
  EXPECT_EQ(arenaLowerBound({}, alignment), 0);
}

TEST(Arena, IntervalsApartShareMemory) {
  SmallVector<ArenaInterval> intervals = {{100, 0, 1}, {100, 2, 3}, {30, 4, 9}};
  ArenaPlan plan = planArena(intervals, alignment);
  EXPECT_EQ(plan.bytes, 128);
  EXPECT_FALSE(findArenaConflict(intervals, plan, alignment));
}

TEST(Arena, IntervalsThatTouchDoNot) {
  SmallVector<ArenaInterval> intervals = {{64, 0, 2}, {64, 2, 3}};
  ArenaPlan plan = planArena(intervals, alignment);
  EXPECT_EQ(plan.bytes, 128);
  EXPECT_NE(plan.offsets[0], plan.offsets[1]);
}

TEST(Arena, GapsAreFilled) {
  // The small one fits between the large one's end and the middle one's start only if it is placed below.
  SmallVector<ArenaInterval> intervals = {{1024, 0, 9}, {512, 0, 4}, {256, 5, 9}, {256, 5, 9}};
  ArenaPlan plan = planArena(intervals, alignment);
  EXPECT_EQ(plan.bytes, 1536);
  EXPECT_EQ(plan.bytes, arenaLowerBound(intervals, alignment));
}

TEST(Arena, UnusedIntervalsTakeNoRoomFromOthers) {
  // An allocation without uses: it starts behind its end.
  SmallVector<ArenaInterval> intervals = {{64, 5, 0}, {64, 0, 4}};
  ArenaPlan plan = planArena(intervals, alignment);
  EXPECT_EQ(plan.bytes, 64);
}

TEST(Arena, ConflictsAreFound) {
  SmallVector<ArenaInterval> intervals = {{64, 0, 2}, {64, 1, 3}};
  using Conflict = std::pair<size_t, size_t>;
  EXPECT_EQ(findArenaConflict(intervals, {{0, 0}, 128}, alignment), Conflict(0, 1));
  EXPECT_EQ(findArenaConflict(intervals, {{0, 32}, 128}, alignment), Conflict(1, 1));
  EXPECT_EQ(findArenaConflict(intervals, {{0, 64}, 96}, alignment), Conflict(1, 1));
  EXPECT_FALSE(findArenaConflict(intervals, {{0, 64}, 128}, alignment));
}

TEST(Arena, RandomPlansAreValidTightAndRepeatable) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    auto below = [&](int64_t bound) { return int64_t(random() % bound); };
    SmallVector<ArenaInterval> intervals;
    for (int64_t count = 1 + below(60); count > 0; --count) {
      int64_t first = below(100);
      intervals.push_back({1 + below(1 << below(16)), first, first + below(30)});
    }
    ArenaPlan plan = planArena(intervals, alignment);
    EXPECT_FALSE(findArenaConflict(intervals, plan, alignment)) << "seed " << seed;
    int64_t bound = arenaLowerBound(intervals, alignment);
    EXPECT_GE(plan.bytes, bound);
    EXPECT_LE(plan.bytes, bound + bound / 2) << "seed " << seed;
    EXPECT_EQ(planArena(intervals, alignment).offsets, plan.offsets);
  }
}
