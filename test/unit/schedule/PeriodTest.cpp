//===- PeriodTest.cpp - Known times, bubbles and frames --------------------------------===//
#include "Clocks.h"
#include <algorithm>
#include <cmath>
#include <random>

using namespace sluice::schedule;

TEST(Period, GPipeAndOneForwardOneBackwardHaveTheKnownBubble) {
  for (const char *schedule : {"gpipe", "1f1b"})
    for (int stages = 1; stages <= 5; ++stages)
      for (int microBatches : {1, 2, 3, 4, 8, 13}) {
        Proof proof = prove(make(optionsOf(schedule, stages, microBatches)), equalCosts(stages, 1, 2));
        EXPECT_NEAR(proof.period, 3.0 * (microBatches + stages - 1), 1e-9) << schedule << stages << microBatches;
        EXPECT_NEAR(proof.bubble, (stages - 1.0) / (microBatches + stages - 1), 1e-9);
      }
}

TEST(Period, InterleavedHasTheBubbleOver1f1bDividedByItsStagesADevice) {
  // Narayanan et al. (2021), section 2.2.2: (D - 1) / v over M, of the time that a device computes.
  for (int devices : {2, 3, 4})
    for (int held : {2, 3})
      for (int rounds : {1, 2, 3}) {
        int microBatches = rounds * devices;
        GeneratorOptions options = optionsOf("interleaved", devices * held, microBatches);
        options.devices = devices;
        Proof proof = prove(make(options), equalCosts(devices * held, 1.0 / held, 2.0 / held));
        EXPECT_NEAR(proof.period, 3.0 * (microBatches + double(devices - 1) / held), 1e-9) << devices << held << rounds;
      }
}

TEST(Period, ADeviceComputesForAllOfItsStages) {
  Costs costs = equalCosts(4, 1, 2);
  for (StageCosts &stage : costs.stages) {
    stage.norm = 0.125;
    stage.update = 0.5;
  }
  GeneratorOptions options = optionsOf("sequential", 4, 2);
  options.devices = 2;
  EXPECT_NEAR(prove(make(options), costs).period, 2 * 12 + 2 * 0.125 + 2 * 0.5, 1e-9);
  options.devices = 1;
  EXPECT_NEAR(prove(make(options), costs).period, 2 * 12 + 4 * 0.125 + 4 * 0.5, 1e-9);
}

TEST(Period, ZeroBubbleWaitsAThirdAsLong) {
  // Qi et al.: (K - 1) (forward + first half - second half), in place of (K - 1) (forward + backward).
  for (int stages = 1; stages <= 5; ++stages)
    for (int microBatches : {5, 8, 13}) {
      Proof proof = prove(make(optionsOf("zero-bubble", stages, microBatches)), equalCosts(stages, 1, 2));
      EXPECT_NEAR(proof.period, 3.0 * microBatches + stages - 1, 1e-9) << stages << microBatches;
      EXPECT_EQ(proof.frames, std::vector<int>(stages, stages));
    }
  // A second half that takes less fills less.
  Costs costs = equalCosts(3, 1, 2);
  for (StageCosts &stage : costs.stages)
    stage.backwardWeight = 0.75;
  EXPECT_NEAR(prove(make(optionsOf("zero-bubble", 3, 8)), costs).period, 3.0 * 8 + 2 * (1 + 1.25 - 0.75), 1e-9);
}

TEST(Period, SequentialRunsOneStageAtATime) {
  Costs costs;
  for (double forward : {1.0, 3.0, 2.0}) {
    costs.stages.emplace_back();
    costs.stages.back().forward = forward;
    costs.stages.back().backward = 2 * forward;
    costs.stages.back().update = 0.5;
    costs.stages.back().norm = 0.125;
  }
  costs.reduce = 0.25;
  // Updates of all stages are at the same time; norms are, but for that of the last backward, before it ends.
  Proof proof = prove(make(optionsOf("sequential", 3, 4)), costs);
  EXPECT_NEAR(proof.period, 4 * (6 + 12) + 0.125 + 0.25 + 0.5, 1e-9);
  EXPECT_NEAR(proof.busy[1], (4 * 9 + 0.125 + 0.5) / proof.period, 1e-9);
}

TEST(Period, FramesAreThoseOfThePapers) {
  for (int stages = 1; stages <= 5; ++stages)
    for (int microBatches : {1, 2, 3, 8}) {
      std::vector<int> ahead;
      for (int stage = 0; stage < stages; ++stage)
        ahead.push_back(std::min(microBatches, stages - stage));
      EXPECT_EQ(prove(make(optionsOf("1f1b", stages, microBatches))).frames, ahead);
      EXPECT_EQ(prove(make(optionsOf("gpipe", stages, microBatches))).frames, std::vector<int>(stages, microBatches));
      EXPECT_EQ(prove(make(optionsOf("sequential", stages, microBatches))).frames, std::vector<int>(stages, 1));
    }
}

TEST(Period, ReplicasDivideTheMicroBatches) {
  for (const char *schedule : allSchedules) {
    Proof one = prove(make(optionsOf(schedule, 3, 4)), equalCosts(3, 1, 2));
    Proof two = prove(make(optionsOf(schedule, 3, 8, 2)), equalCosts(3, 1, 2));
    EXPECT_NEAR(one.period, two.period, 1e-9);
    EXPECT_NEAR(one.bubble, two.bubble, 1e-9);
    EXPECT_EQ(one.frames, two.frames);
    EXPECT_EQ(two.busy.size(), 6u);
  }
}

TEST(Period, TransfersLengthenTheFillAndTheDrain) {
  Costs costs = equalCosts(2, 1, 1);
  costs.stages[0].activations = 0.5;
  costs.stages[1].gradients = 0.25;
  EXPECT_NEAR(prove(make(optionsOf("1f1b", 2, 1)), costs).period, 4.75, 1e-9);
}

TEST(Period, ForwardAloneIsAsFastAsTheSlowestStage) {
  GeneratorOptions options = optionsOf("1f1b", 3, 4);
  options.training = false;
  Costs costs = equalCosts(3, 1, 0);
  costs.stages[1].forward = 2;
  EXPECT_NEAR(prove(make(options), costs).period, 8, 1e-9);
}

TEST(Period, ARingOfRoomIsSlowerThanItsStages) {
  // Without a message of room, a stage goes on when the next has taken what it sends, and that when it is free.
  GeneratorOptions options = optionsOf("gpipe", 2, 1);
  options.training = false;
  options.capacity = 0;
  Costs costs = equalCosts(2, 1, 0);
  costs.stages[0].activations = 3;
  EXPECT_NEAR(prove(make(options), costs).period, 4, 1e-9);
  options.capacity = 1;
  // The frame of the sender is free only when its transfer is over.
  EXPECT_NEAR(prove(make(options), costs).period, 4, 1e-9);
}

TEST(Period, ACycleMayTakeSeveralIterations) {
  // Three messages an iteration through a channel of two: each is on its way for 10, so that 3 x 10 / 2 is the least.
  GeneratorOptions options = optionsOf("gpipe", 2, 3);
  options.training = false;
  options.capacity = 2;
  Pipeline pipeline = make(options);
  pipeline.frames = {3, 3};
  Costs costs = equalCosts(2, 1, 0);
  costs.stages[0].activations = 10;
  EXPECT_NEAR(prove(pipeline, costs).period, 15, 1e-9);
}

TEST(Period, IsThatOfALongRun) {
  // Forward alone has no barrier: stages run apart, as far as the room of channels lets them.
  std::mt19937 random(3);
  for (int trial = 0; trial < 60; ++trial) {
    int stages = 1 + random() % 5;
    GeneratorOptions options = optionsOf("gpipe", stages, 1 + random() % 4);
    options.training = false;
    Pipeline pipeline = make(options);
    for (Channel &channel : pipeline.channels)
      channel.capacity = 1 + random() % 2;
    Costs costs = equalCosts(stages, 1, 1);
    for (StageCosts &stage : costs.stages)
      stage.forward = random() % 4;
    EXPECT_NEAR(prove(pipeline, costs).period, measurePeriod(pipeline, costs, 120), 1e-9);
  }
}

TEST(Period, NothingThatTakesTimeHasNoBubble) {
  Proof proof = prove(make(optionsOf("1f1b", 2, 2)), equalCosts(2, 0, 0));
  EXPECT_EQ(proof.period, 0);
  EXPECT_EQ(proof.bubble, 0);
}
