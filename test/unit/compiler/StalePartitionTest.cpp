//===- StalePartitionTest.cpp - Partitions of stages that do not wait, against all ------===//
#include "passes/Stages/StalePartition.h"
#include "passes/Schedule/Generators.h"
#include "passes/Schedule/Verify.h"
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

static PartitionProblem makeProblem(ArrayRef<int64_t> forwards, int64_t stages, int64_t devices,
                                    int64_t microBatches = 1) {
  PartitionProblem problem;
  for (int64_t forward : forwards)
    problem.layers.push_back({forward, 2 * forward, 0, 100, 10, 0, 5, 0, 20, 0});
  for (int64_t stage = stages; stage > 0; --stage) {
    problem.frames.push_back(stage);
    problem.versions.push_back(stage);
  }
  problem.stale = {devices, microBatches};
  return problem;
}

/// As the proof of the schedule finds it. Weights are updated behind the last micro-batch.
static double provedPeriod(const PartitionProblem &problem, ArrayRef<int64_t> counts) {
  schedule::GeneratorOptions options;
  options.schedule = "ouroboros";
  options.stages = int(counts.size());
  options.devices = int(problem.stale->devices);
  options.microBatches = int(problem.stale->microBatches);
  if (!problem.tied.empty())
    options.tied = {{0, options.stages - 1}};
  schedule::Pipeline pipeline;
  EXPECT_FALSE(schedule::generate(options, pipeline));
  schedule::Costs costs;
  size_t layer = 0;
  for (int64_t count : counts) {
    schedule::StageCosts &stage = costs.stages.emplace_back();
    stage = {0, 0};
    for (int64_t end = int64_t(layer) + count; int64_t(layer) < end; ++layer) {
      const PartitionLayer &cost = problem.layers[layer];
      stage.forward += double(std::llround((1 - cost.dropProbability) * double(cost.forward)));
      stage.backward += double(std::llround((1 - cost.dropProbability) * double(cost.backward)));
      if (costs.stages.size() < counts.size())
        stage.backward += double(std::llround((1 - cost.dropProbability) * double(cost.repeat)));
      stage.update += double(cost.update);
    }
    if (layer < problem.layers.size())
      stage.activations = stage.gradients = double(problem.transfer.ticks(problem.layers[layer - 1].boundaryBytes));
  }
  // Error gradients cross the same boundary as activations, from the stage above.
  for (size_t stage = costs.stages.size(); stage-- > 1;)
    costs.stages[stage].gradients = costs.stages[stage - 1].activations;
  schedule::Proof proof;
  auto error = schedule::verify(pipeline, costs, proof);
  EXPECT_FALSE(error) << error->text;
  return proof.period;
}

/// Calls `visit` with all counts of at least 1.
static void forAllCounts(size_t layers, size_t stages, Counts &counts, const std::function<void()> &visit) {
  if (stages == 1) {
    counts.push_back(int64_t(layers));
    visit();
    counts.pop_back();
    return;
  }
  for (size_t here = 1; here + (stages - 1) <= layers; ++here) {
    counts.push_back(int64_t(here));
    forAllCounts(layers - here, stages - 1, counts, visit);
    counts.pop_back();
  }
}

static PartitionProblem randomProblem(std::mt19937 &random, bool hasMessages) {
  auto below = [&](int64_t bound) { return int64_t(random() % bound); };
  int64_t stages = 2 + below(4), layers = stages + below(6);
  SmallVector<int64_t> forwards;
  bool equal = below(3) == 0;
  for (int64_t layer = 0; layer < layers; ++layer)
    forwards.push_back(equal && layer > 1 ? forwards.back() : 1 + below(40));
  PartitionProblem problem = makeProblem(forwards, stages, 1 + below(stages), 1 + below(3));
  for (PartitionLayer &layer : problem.layers) {
    layer.backward += below(30);
    layer.repeat = below(2) ? 0 : below(40);
    layer.update = below(3) ? 0 : below(20);
    layer.dropProbability = below(3) ? 0 : 0.25;
    layer.parameterBytes = below(60);
    layer.weightBytes = layer.parameterBytes / 3;
  }
  if (below(2) && (stages - 1) % problem.stale->devices == 0)
    problem.tied.push_back({{0, unsigned(layers - 1)}, below(30), 0});
  if (hasMessages)
    problem.transfer = {below(5), 0.25};
  return problem;
}

TEST(StalePartition, RandomProblemsAgainstAllPartitions) {
  std::mt19937 random(7);
  int refused = 0;
  for (int round = 0; round < 600; ++round) {
    PartitionProblem problem = randomProblem(random, /*hasMessages=*/round % 2 != 0);
    if (round % 3 == 0)
      problem.memoryLimit = 100 + int64_t(random() % 300);
    int64_t least = std::numeric_limits<int64_t>::max();
    Counts counts;
    forAllCounts(problem.layers.size(), problem.stages(), counts, [&] {
      if (verifyPartition(problem, counts).error.empty())
        least = std::min(least, stalePeriod(problem, counts));
    });
    std::optional<Partition> found = solvePartition(problem);
    ASSERT_EQ(bool(found), least != std::numeric_limits<int64_t>::max()) << "round " << round;
    refused += !found;
    if (!found)
      continue;
    EXPECT_EQ(found->error, "");
    EXPECT_EQ(stalePeriod(problem, found->counts), least) << "round " << round;
  }
  EXPECT_GT(refused, 20);
}

TEST(StalePartition, ThePeriodIsThatOfTheProof) {
  std::mt19937 random(8);
  int equal = 0;
  for (int round = 0; round < 2400; ++round) {
    bool hasMessages = round % 4 == 0;
    PartitionProblem problem = randomProblem(random, hasMessages);
    Counts counts;
    for (size_t stage = 0; stage < problem.stages(); ++stage)
      counts.push_back(1);
    for (size_t left = problem.layers.size() - problem.stages(); left > 0; --left)
      ++counts[random() % counts.size()];
    double period = double(stalePeriod(problem, counts)), proved = provedPeriod(problem, counts);
    // With several micro-batches, cycles over several steps can be a little longer; and messages come on top.
    bool isExact = problem.stale->microBatches == 1 && !hasMessages;
    EXPECT_LE(period, proved * (1 + 1e-9)) << "round " << round;
    double messages = hasMessages ? 4 * double(problem.transfer.ticks(5)) : 0;
    EXPECT_GE(period, proved * (isExact ? 1 - 1e-9 : 0.97) - messages) << "round " << round;
    equal += std::abs(period - proved) <= 1e-9 * proved;
  }
  EXPECT_GT(equal, 1700);
}

TEST(StalePartition, TheRingHasASmallLastStage) {
  SmallVector<int64_t> forwards(14, 100);
  forwards.front() = 1;
  forwards.back() = 20;
  // Of those that are as fast, the one with the fewest layers in the first stage, whose gradients are the oldest.
  std::optional<Partition> found = solvePartition(makeProblem(forwards, 3, 2));
  EXPECT_EQ(found->counts, Counts({4, 6, 4}));
  EXPECT_EQ(found->period, 1863);
  // A head that takes as long as four layers is alone.
  forwards.back() = 400;
  EXPECT_EQ(solvePartition(makeProblem(forwards, 3, 2))->counts, Counts({5, 8, 1}));
}

TEST(StalePartition, TheUpdateOfATiedMatrixIsPartOfTheRing) {
  PartitionProblem problem = makeProblem({100, 100, 100}, 3, 2);
  problem.layers.front().update = 50;
  EXPECT_EQ(stalePeriod(problem, {1, 1, 1}), 650);
  problem.layers = {
      {100, 100, 0, 0, 0, 0, 0, 0, 0, 0}, {300, 100, 0, 0, 0, 0, 0, 0, 0, 0}, {100, 100, 0, 0, 0, 0, 0, 0, 0, 50}};
  EXPECT_EQ(stalePeriod(problem, {1, 1, 1}), 650);
  problem.layers.front().update = 7;
  EXPECT_EQ(stalePeriod(problem, {1, 1, 1}), 650);
  // The first stage reads the matrix, and the last updates it.
  problem.tied = {{{0, 2}, 0, 0}};
  EXPECT_EQ(stalePeriod(problem, {1, 1, 1}), 650);
  // So does one in the middle, behind the ring.
  problem = makeProblem({100, 300, 100, 300, 100}, 5, 2);
  for (PartitionLayer &layer : problem.layers)
    layer.backward = 100;
  problem.layers[2].update = 9;
  EXPECT_EQ(stalePeriod(problem, {1, 1, 1, 1, 1}), 1000);
  problem.tied = {{{0, 2}, 0, 0}};
  EXPECT_EQ(stalePeriod(problem, {1, 1, 1, 1, 1}), 1009);
}

TEST(StalePartition, TheLastStageRepeatsNothing) {
  PartitionProblem problem = makeProblem({100, 100, 130}, 3, 3);
  for (PartitionLayer &layer : problem.layers)
    layer.repeat = 80;
  EXPECT_EQ(stalePeriod(problem, {1, 1, 1}), 390);
  EXPECT_EQ(verifyPartition(problem, {1, 1, 1}).stages[0].compute, 380);
  EXPECT_EQ(verifyPartition(problem, {1, 1, 1}).stages[2].compute, 390);
}

TEST(StalePartition, OlderWeightsTakeMemory) {
  PartitionProblem problem = makeProblem({100, 100, 100}, 3, 3);
  problem.frames = {1, 1, 1};
  Partition partition = verifyPartition(problem, {1, 1, 1});
  EXPECT_EQ(partition.stages[0].parameters, 100 + 2 * 20);
  EXPECT_EQ(partition.stages[1].parameters, 100 + 20);
  EXPECT_EQ(partition.stages[2].parameters, 100);
  problem.memoryLimit = *leastMemoryLimit(problem);
  EXPECT_EQ(problem.memoryLimit, partition.stages[0].memory);
  EXPECT_TRUE(solvePartition(problem));
  --*problem.memoryLimit;
  EXPECT_FALSE(solvePartition(problem));
}

TEST(StalePartition, DeepModelsTakeASecond) {
  SmallVector<int64_t> forwards(102, 100000);
  for (size_t layer = 0; layer < forwards.size(); ++layer)
    forwards[layer] -= int64_t(layer) * 7919 % 50000;
  for (int64_t devices : {3, 7, 8}) {
    auto begin = std::chrono::steady_clock::now();
    PartitionProblem problem = makeProblem(forwards, 8, devices);
    std::optional<Partition> found = solvePartition(problem);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20)) << devices;
    // All devices as busy as each other are a bound, and all forwards where the last stage is on the first device.
    int64_t busy = 0, forward = 0;
    for (const PartitionLayer &layer : problem.layers) {
      busy += layer.forward + layer.backward;
      forward += layer.forward;
    }
    int64_t bound = std::max(busy / devices, devices == 7 ? forward : 0);
    EXPECT_LE(double(*found->period), (devices == 3 ? 1.3 : 1.1) * double(bound)) << devices;
  }
}
