//===- PartitionTest.cpp - Layers to stages, against all partitions --------------------===//
#include "passes/Stages/Partition.h"
#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

using namespace sluice;
using llvm::ArrayRef;
using llvm::SmallVector;
using Counts = SmallVector<int64_t>;

static PartitionProblem equalLayers(size_t layers, size_t stages) {
  PartitionProblem problem;
  problem.layers.assign(layers, {/*forward=*/100, /*backward=*/200, 0, 1000, 10, 0, 5});
  // As under 1f1b with many micro-batches.
  for (size_t stage = 0; stage < stages; ++stage)
    problem.frames.push_back(int64_t(stages - stage));
  return problem;
}

/// Sums that the solver compares, of one partition, written down from the definition alone.
struct Direct {
  int64_t slowest = 0, memory = 0;
  __int128 squares = 0;
};

static Direct measure(const PartitionProblem &problem, ArrayRef<int64_t> counts) {
  Direct direct;
  size_t first = 0;
  for (size_t stage = 0; stage < counts.size(); first += counts[stage++]) {
    size_t end = first + counts[stage];
    int64_t time = 0, parameters = 0, frame = 0, repeated = 0;
    for (size_t layer = first; layer < end; ++layer) {
      const PartitionLayer &l = problem.layers[layer];
      int64_t again = stage + 1 < counts.size() ? l.repeat : 0;
      time += std::llround((1 - l.dropProbability) * double(l.forward + l.backward + again));
      parameters += l.parameterBytes;
      frame += l.keptBytes;
      repeated = l.repeatsStage ? repeated + l.repeatedBytes : std::max(repeated, l.repeatedBytes);
    }
    auto message = [&](size_t layer) {
      int64_t bytes = problem.layers[layer].boundaryBytes;
      return bytes ? problem.transfer.latency + std::llround(double(bytes) * problem.transfer.ticksPerByte) : 0;
    };
    if (first > 0) {
      time += 2 * message(first - 1);
      frame += problem.layers[first - 1].boundaryBytes;
    }
    if (end < problem.layers.size())
      time += 2 * message(end - 1);
    for (const TiedParameter &tied : problem.tied) {
      int64_t here = llvm::count_if(tied.layers, [&](unsigned layer) { return layer >= first && layer < end; });
      parameters += here ? tied.bytes : 0;
      time += here && here < int64_t(tied.layers.size()) ? tied.exchange : 0;
    }
    direct.slowest = std::max(direct.slowest, time);
    direct.squares += __int128(time) * time;
    direct.memory = std::max(direct.memory, parameters + problem.frames[stage] * frame + repeated);
  }
  return direct;
}

/// Calls `visit` with all counts of at least 1, those with the fewest layers on the first stages first.
static void forAllCounts(size_t layers, size_t stages, Counts &counts, const std::function<void()> &visit) {
  if (stages == 1) {
    counts.push_back(layers);
    visit();
    counts.pop_back();
    return;
  }
  for (size_t here = 1; here + (stages - 1) <= layers; ++here) {
    counts.push_back(here);
    forAllCounts(layers - here, stages - 1, counts, visit);
    counts.pop_back();
  }
}

struct BruteForce {
  Counts counts; // empty where nothing fits
  Direct best;
  int64_t leastMemory = std::numeric_limits<int64_t>::max();
};

static BruteForce tryAll(const PartitionProblem &problem) {
  BruteForce result;
  Counts counts;
  if (problem.layers.size() < problem.stages())
    return result;
  forAllCounts(problem.layers.size(), problem.stages(), counts, [&] {
    Direct direct = measure(problem, counts);
    result.leastMemory = std::min(result.leastMemory, direct.memory);
    if (problem.memoryLimit && direct.memory > *problem.memoryLimit)
      return;
    bool better = result.counts.empty() || direct.slowest < result.best.slowest ||
                  (direct.slowest == result.best.slowest && direct.squares < result.best.squares);
    if (!better)
      return;
    result.counts = counts;
    result.best = direct;
  });
  return result;
}

/// Small numbers, so that ties are frequent.
static PartitionProblem randomProblem(std::mt19937 &random) {
  auto below = [&](int64_t bound) { return int64_t(random() % bound); };
  PartitionProblem problem;
  int64_t layers = 1 + below(9), stages = 1 + below(5);
  bool equal = below(3) == 0;
  for (int64_t i = 0; i < layers; ++i)
    problem.layers.push_back(equal && i > 1 ? problem.layers.back()
                                            : PartitionLayer{below(10), below(20), below(2) ? 0 : below(5) / 4.0,
                                                             below(50), below(20), below(30), below(8)});
  if (below(3) == 0)
    for (PartitionLayer &layer : problem.layers) {
      layer.repeatsStage = true;
      layer.repeat = below(12);
    }
  for (int64_t sets = below(3); sets > 0; --sets) {
    TiedParameter tied{{}, below(40), below(6)};
    for (int64_t i = 0; i < layers; ++i)
      if (below(3) == 0)
        tied.layers.push_back(i);
    if (!tied.layers.empty())
      problem.tied.push_back(tied);
  }
  problem.transfer = {below(4), below(5) / 2.0};
  for (int64_t stage = 0; stage < stages; ++stage)
    problem.frames.push_back(1 + below(6));
  if (below(2))
    problem.memoryLimit = below(400);
  return problem;
}

TEST(Partition, RandomProblemsAgainstAllPartitions) {
  std::mt19937 random(20);
  int64_t infeasible = 0, limited = 0, tooFew = 0;
  for (int instance = 0; instance < 5000; ++instance) {
    PartitionProblem problem = randomProblem(random);
    BruteForce expected = tryAll(problem);
    std::optional<Partition> found = solvePartition(problem);
    ASSERT_EQ(bool(found), !expected.counts.empty()) << "instance " << instance;
    bool enough = problem.layers.size() >= problem.stages();
    std::optional<int64_t> least = leastMemoryLimit(problem);
    ASSERT_EQ(bool(least), enough) << "instance " << instance;
    if (enough) {
      ASSERT_EQ(*least, expected.leastMemory) << "instance " << instance;
    }
    infeasible += enough && !found;
    tooFew += !enough;
    if (!found)
      continue;
    limited += bool(problem.memoryLimit);
    ASSERT_EQ(found->counts, expected.counts) << "instance " << instance;
    ASSERT_EQ(found->slowest(), expected.best.slowest) << "instance " << instance;
    ASSERT_EQ(found->error, "") << "instance " << instance;
    int64_t memory = 0;
    for (const StageCost &stage : found->stages)
      memory = std::max(memory, stage.memory);
    ASSERT_EQ(memory, expected.best.memory) << "instance " << instance;
  }
  EXPECT_GT(infeasible, 500);
  EXPECT_GT(limited, 500);
  EXPECT_GT(tooFew, 200);
}

TEST(Partition, EqualLayersAreSpreadEvenlyAndLateStagesGetMore) {
  // Memory grows towards the first stages under 1f1b, so that what is left over goes to the last ones.
  EXPECT_EQ(solvePartition(equalLayers(8, 4))->counts, Counts({2, 2, 2, 2}));
  EXPECT_EQ(solvePartition(equalLayers(10, 4))->counts, Counts({2, 2, 3, 3}));
}

TEST(Partition, OneStageTakesAll) { EXPECT_EQ(solvePartition(equalLayers(7, 1))->counts, Counts({7})); }

TEST(Partition, AsManyStagesAsLayers) {
  EXPECT_EQ(solvePartition(equalLayers(3, 3))->counts, Counts({1, 1, 1}));
  EXPECT_FALSE(solvePartition(equalLayers(3, 4)));
}

TEST(Partition, DroppedLayersCostLess) {
  PartitionProblem problem = equalLayers(6, 2);
  for (size_t layer = 3; layer < 6; ++layer)
    problem.layers[layer].dropProbability = 2.0 / 3;
  EXPECT_EQ(solvePartition(problem)->counts, Counts({2, 4}));
  EXPECT_EQ(solvePartition(problem)->slowest(), 600);
}

TEST(Partition, TiedLayersCostLessTogether) {
  PartitionProblem problem = equalLayers(4, 2);
  problem.tied.push_back({{0, 2}, 500, 700});
  // 900 and 300 against 600 + 700 on both sides.
  Partition together = *solvePartition(problem);
  EXPECT_EQ(together.counts, Counts({3, 1}));
  EXPECT_EQ(together.stages[0].parameters, 3500);
  EXPECT_EQ(together.stages[1].parameters, 1000);
  Partition apart = verifyPartition(problem, {2, 2});
  EXPECT_EQ(apart.stages[0].parameters, 2500);
  EXPECT_EQ(apart.stages[1].parameters, 2500);
  EXPECT_EQ(apart.stages[0].exchange, 700);
  EXPECT_EQ(apart.slowest(), 1300);
}

TEST(Partition, BoundariesAreChosenWhereLittleCrosses) {
  PartitionProblem problem = equalLayers(4, 2);
  problem.transfer = {10, 2};
  for (auto [layer, bytes] : llvm::enumerate(ArrayRef<int64_t>{100, 200, 1, 0}))
    problem.layers[layer].boundaryBytes = bytes;
  Partition partition = *solvePartition(problem);
  EXPECT_EQ(partition.counts, Counts({3, 1}));
  EXPECT_EQ(partition.stages[0].transfer, 2 * (10 + 2));
  EXPECT_EQ(partition.stages[1].transfer, 2 * (10 + 2));
  EXPECT_EQ(partition.stages[1].frame, 10 + 1);
}

TEST(Partition, MemoryCountsFrames) {
  PartitionProblem problem = equalLayers(6, 2);
  // 3 layers: 3 x 1000 and 2 frames of 30 bytes, 1 frame of 30 + 5 bytes.
  EXPECT_EQ(solvePartition(problem)->stages[0].memory, 3060);
  EXPECT_EQ(solvePartition(problem)->stages[1].memory, 3035);
  EXPECT_EQ(leastMemoryLimit(problem), 3060);
  problem.memoryLimit = 3060;
  EXPECT_EQ(solvePartition(problem)->counts, Counts({3, 3}));
  problem.memoryLimit = 3059;
  EXPECT_FALSE(solvePartition(problem));
}

TEST(Partition, TheVerifierTakesEmptyStagesAndRelaysThroughThem) {
  PartitionProblem problem = equalLayers(4, 3);
  problem.transfer = {1, 1};
  Partition partition = verifyPartition(problem, {2, 0, 2});
  EXPECT_EQ(partition.error, "");
  EXPECT_EQ(partition.stages[0].transfer, 2 * 6);
  EXPECT_EQ(partition.stages[1].transfer, 4 * 6);
  EXPECT_EQ(partition.stages[1].compute, 0);
  EXPECT_EQ(partition.stages[1].memory, 2 * 5);
}

TEST(Partition, TheVerifierRefusesWrongCounts) {
  PartitionProblem problem = equalLayers(4, 2);
  auto errorOf = [&](Counts counts) { return verifyPartition(problem, counts).error; };
  EXPECT_EQ(errorOf({2, 2}), "");
  EXPECT_EQ(errorOf({4}), "expected 2 stages, found 1");
  EXPECT_EQ(errorOf({5, -1}), "expected at most 4 layers on stage 0, found 5");
  EXPECT_EQ(errorOf({-1, 5}), "expected at least 0 layers on stage 0, found -1");
  EXPECT_EQ(errorOf({2, 1}), "expected all layers on stages, found 1 on none");
  problem.memoryLimit = 2030;
  EXPECT_EQ(errorOf({2, 2}), "expected at most 2030 bytes on stage 0, found 2040");
}

TEST(Partition, ManyLayersOnManyStagesTakeMilliseconds) {
  PartitionProblem problem = equalLayers(98, 64);
  problem.tied.push_back({{0, 97}, 5000, 10});
  problem.memoryLimit = 1 << 20;
  auto start = std::chrono::steady_clock::now();
  std::optional<Partition> partition = solvePartition(problem);
  double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  ASSERT_TRUE(partition);
  EXPECT_EQ(partition->slowest(), 600);
  // It takes about 1 ms; the rest is for sanitizers and busy machines.
  EXPECT_LT(ms, 100);
}
