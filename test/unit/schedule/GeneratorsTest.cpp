//===- GeneratorsTest.cpp - Programs of schedules ---------------------------------------===//
#include "MadePipelines.h"

using namespace sluice::schedule;

/// Forwards and backwards of a device, "F0 F1 B0 B1", with combines as "into+=from" and other actions of sums by name.
static std::string work(const Pipeline &pipeline, int device) {
  std::string text;
  for (const Action &action : pipeline.programs[device].body) {
    std::string word;
    bool ofSums = action.channel >= 0 && action.microBatch < 0;
    if (action.kind == ActionKind::Run && action.microBatch >= 0)
      word = (action.run == RunKind::Forward          ? "F"
              : action.run == RunKind::BackwardWeight ? "W"
                                                      : "B") +
             std::to_string(action.microBatch);
    else if (action.kind == ActionKind::Run)
      word = "tied";
    else if (action.kind == ActionKind::Combine)
      word = std::to_string(action.into) + "+=" + std::to_string(action.from);
    else if (ofSums)
      word = action.kind == ActionKind::Send ? "send" : "recv";
    else if (action.kind == ActionKind::Reduce)
      word = "reduce";
    else if (action.kind == ActionKind::Update)
      word = "update";
    if (!word.empty())
      text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

/// Forwards and backwards of a device with their stages: "F0.0" is the forward of micro-batch 0 in stage 0.
static std::string turns(const Pipeline &pipeline, int device) {
  std::string text;
  for (const Action &action : pipeline.programs[device].body)
    if (action.kind == ActionKind::Run && action.microBatch >= 0)
      text += (text.empty() ? "" : " ") + std::string(action.run == RunKind::Forward ? "F" : "B") +
              std::to_string(action.microBatch) + "." + std::to_string(action.stage);
  return text;
}

TEST(Generators, SequentialRunsBackwardDirectlyBehindForward) {
  Pipeline pipeline = make(optionsOf("sequential", 2, 2));
  EXPECT_EQ(work(pipeline, 0), "F0 B0 F1 B1 reduce update");
  EXPECT_EQ(work(pipeline, 1), "F0 B0 F1 B1 reduce update");
}

TEST(Generators, GPipeRunsAllForwardsFirst) {
  EXPECT_EQ(work(make(optionsOf("gpipe", 2, 3)), 1), "F0 F1 F2 B0 B1 B2 reduce update");
}

TEST(Generators, OneForwardOneBackwardRunsAheadByWhatFollows) {
  Pipeline pipeline = make(optionsOf("1f1b", 3, 4));
  EXPECT_EQ(work(pipeline, 0), "F0 F1 F2 B0 F3 B1 B2 B3 reduce update");
  EXPECT_EQ(work(pipeline, 1), "F0 F1 B0 F2 B1 F3 B2 B3 reduce update");
  EXPECT_EQ(work(pipeline, 2), "F0 B0 F1 B1 F2 B2 F3 B3 reduce update");
}

TEST(Generators, ZeroBubbleIsAsManyMicroBatchesLateAsStagesBefore) {
  Pipeline pipeline = make(optionsOf("zero-bubble", 3, 4));
  EXPECT_EQ(work(pipeline, 0), "F0 F1 F2 B0 W0 F3 B1 W1 B2 W2 B3 W3 reduce update");
  EXPECT_EQ(work(pipeline, 1), "F0 F1 B0 F2 B1 W0 F3 B2 W1 B3 W2 W3 reduce update");
  EXPECT_EQ(work(pipeline, 2), "F0 B0 F1 B1 F2 B2 W0 F3 B3 W1 W2 W3 reduce update");
  EXPECT_EQ(prove(pipeline).frames, (std::vector<int>{3, 3, 3}));
  EXPECT_EQ(work(make(optionsOf("zero-bubble", 3, 1)), 2), "F0 B0 W0 reduce update");
}

TEST(Generators, ZeroBubbleEndsAGroupBeforeTheNextIsSummed) {
  EXPECT_EQ(work(make(optionsOf("zero-bubble", 2, 4, 1, 2)), 1),
            "F0 B0 F1 B1 W0 F2 W1 B2 F3 B3 W2 W3 0+=1 reduce update");
}

TEST(Generators, FewerMicroBatchesThanStagesRunAheadByThese) {
  EXPECT_EQ(work(make(optionsOf("1f1b", 4, 2)), 0), "F0 F1 B0 B1 reduce update");
}

TEST(Generators, GroupsAreCombinedAsABinaryCounterCarries) {
  EXPECT_EQ(work(make(optionsOf("sequential", 1, 8, 1, 8)), 0),
            "F0 B0 F1 B1 0+=1 F2 B2 F3 B3 1+=2 0+=1 F4 B4 F5 B5 1+=2 F6 B6 F7 B7 2+=3 1+=2 0+=1 reduce update");
  EXPECT_EQ(make(optionsOf("sequential", 1, 8, 1, 8)).gradientBuffers(), 4);
}

TEST(Generators, ReplicasExchangeTheirSumsInRounds) {
  Pipeline pipeline = make(optionsOf("gpipe", 1, 4, 4));
  EXPECT_EQ(work(pipeline, 2), "F2 B2 send recv 0+=1 send recv 0+=1 reduce update");
  EXPECT_EQ(pipeline.gradientBuffers(), 2);
}

TEST(Generators, InterleavedRunsRoundsOfMicroBatchesThroughItsStages) {
  GeneratorOptions options = optionsOf("interleaved", 4, 4);
  options.devices = 2;
  Pipeline pipeline = make(options);
  EXPECT_EQ(pipeline.deviceOfStage, (std::vector<int>{0, 1, 0, 1}));
  EXPECT_EQ(turns(pipeline, 0), "F0.0 F1.0 F0.2 F1.2 F2.0 B0.2 F3.0 B1.2 F2.2 B0.0 F3.2 B1.0 B2.2 B3.2 B2.0 B3.0");
  EXPECT_EQ(turns(pipeline, 1), "F0.1 F1.1 F0.3 B0.3 F1.3 B1.3 F2.1 B0.1 F3.1 B1.1 F2.3 B2.3 F3.3 B3.3 B2.1 B3.1");
}

/// The stages that run `tied`, in order.
static std::vector<int> tiedRuns(const Pipeline &pipeline, int device) {
  std::vector<int> stages;
  for (const Action &action : pipeline.programs[device].body)
    if (action.kind == ActionKind::Run && action.run == RunKind::Tied)
      stages.push_back(action.stage);
  return stages;
}

TEST(Generators, TiedStagesOfOneDeviceExchangeNothing) {
  // The ring: the first and the last stage lie on device 0, and the last adds the sums of both.
  GeneratorOptions options = optionsOf("sequential", 3, 1);
  options.devices = 2;
  options.tied = {{0, 2}};
  Pipeline pipeline = make(options);
  EXPECT_EQ(work(pipeline, 0), "F0 F0 B0 B0 tied reduce update update");
  EXPECT_EQ(tiedRuns(pipeline, 0), std::vector<int>{2});
  EXPECT_EQ(work(pipeline, 1), "F0 B0 reduce update");
  for (const Channel &channel : pipeline.channels)
    EXPECT_NE(channel.role, Role::Tied);
  // Behind the sums over replicas of both.
  options.microBatches = options.replicas = 2;
  EXPECT_EQ(work(make(options), 0), "F0 F0 B0 B0 send recv 0+=1 send recv 0+=1 tied reduce update update");
}

TEST(Generators, AStageMayBeTiedToItsOwnDeviceAndToAnother) {
  GeneratorOptions options = optionsOf("sequential", 3, 1);
  options.devices = 2;
  options.tied = {{0, 1}, {0, 2}};
  Pipeline pipeline = make(options);
  prove(pipeline);
  EXPECT_EQ(work(pipeline, 0), "F0 F0 B0 B0 send recv tied tied reduce update update");
  EXPECT_EQ(tiedRuns(pipeline, 0), (std::vector<int>{0, 2}));
  EXPECT_EQ(tiedRuns(pipeline, 1), std::vector<int>{1});
  // Three stages on one: each adds those before it.
  options.devices = 1;
  options.tied = {{0, 1}, {0, 2}, {1, 2}};
  pipeline = make(options);
  prove(pipeline);
  EXPECT_EQ(tiedRuns(pipeline, 0), (std::vector<int>{1, 2}));
}

TEST(Generators, TiedStagesExchangeBehindReplicas) {
  GeneratorOptions options = optionsOf("1f1b", 3, 2, 2);
  options.tied = {{0, 2}};
  Pipeline pipeline = make(options);
  EXPECT_EQ(work(pipeline, 0), "F0 B0 send recv 0+=1 send recv tied reduce update");
  EXPECT_EQ(work(pipeline, 1), "F0 B0 send recv 0+=1 reduce update");
  EXPECT_EQ(work(pipeline, 5), "F1 B1 send recv 0+=1 send recv tied reduce update");
}

TEST(Generators, UsesInOneStageNeedNoExchange) {
  GeneratorOptions options = optionsOf("1f1b", 1, 1);
  options.tied = {{0, 0}};
  EXPECT_EQ(work(make(options), 0), "F0 B0 tied reduce update");
}

TEST(Generators, ForwardAloneHasNeitherSumsNorUpdate) {
  GeneratorOptions options = optionsOf("1f1b", 2, 2, 2);
  options.training = false;
  options.tied = {{0, 1}};
  Pipeline pipeline = make(options);
  EXPECT_EQ(work(pipeline, 0), "F0");
  EXPECT_EQ(pipeline.channels.size(), 2u);
}

static std::string wrongWith(const GeneratorOptions &options) {
  Pipeline pipeline;
  auto error = generate(options, pipeline);
  return error ? error->text : "";
}

TEST(Generators, SayWhatWouldFit) {
  EXPECT_EQ(wrongWith(optionsOf("zigzag", 1, 1)),
            "unknown schedule 'zigzag'; expected sequential, gpipe, 1f1b, interleaved, zero-bubble or "
            "ouroboros");
  EXPECT_EQ(wrongWith(optionsOf("gpipe", 0, 1)), "expected at least 1 stage, found 0");
  EXPECT_EQ(wrongWith(optionsOf("gpipe", 1, 0)), "expected at least 1 micro-batch, found 0");
  EXPECT_EQ(wrongWith(optionsOf("gpipe", 1, 1, 0)), "expected at least 1 replica, found 0");
  EXPECT_EQ(wrongWith(optionsOf("gpipe", 1 << 20, 1 << 20)),
            "expected at most 4194304 forwards a step, found 1099511627776");
  EXPECT_EQ(wrongWith(optionsOf("gpipe", 1, 6, 4)),
            "expected replicas that divide 6 micro-batches; 1 or 2 would fit, found 4");
  EXPECT_EQ(wrongWith(optionsOf("gpipe", 1, 6, 3)), "expected a power of two of replicas, which reduction groups are a "
                                                    "multiple of; 1 or 2 would fit, found 3");
  EXPECT_EQ(wrongWith(optionsOf("gpipe", 1, 6, 1, 3)), "expected a power of two of reduction groups, found 3");
  EXPECT_EQ(wrongWith(optionsOf("gpipe", 1, 4, 4, 2)),
            "expected reduction groups that are a multiple of the 4 replicas, found 2");
  EXPECT_EQ(wrongWith(optionsOf("gpipe", 1, 12, 1, 8)),
            "expected reduction groups that divide 12 micro-batches; 1, 2 or 4 would fit, found 8");
}

TEST(Generators, SayWhichDevicesWouldFit) {
  auto wrongOn = [](const char *schedule, int stages, int devices, int microBatches) {
    GeneratorOptions options = optionsOf(schedule, stages, microBatches);
    options.devices = devices;
    return wrongWith(options);
  };
  EXPECT_EQ(wrongOn("gpipe", 2, 3, 1), "expected devices of a replica from 1 to its 2 stages, found 3");
  EXPECT_EQ(wrongOn("gpipe", 2, -1, 1), "expected devices of a replica from 1 to its 2 stages, found -1");
  EXPECT_EQ(wrongOn("zero-bubble", 4, 2, 1), "expected a device a stage for zero-bubble, found 4 stages on 2 devices; "
                                             "interleaved has several stages a device");
  EXPECT_EQ(wrongOn("1f1b", 4, 2, 1), "expected a device a stage for 1f1b, found 4 stages on 2 devices; interleaved "
                                      "has several stages a device");
  EXPECT_EQ(wrongOn("interleaved", 2, 2, 2), "expected as many stages on every device, at least 2, for interleaved, "
                                             "found 2 stages on 2 devices");
  EXPECT_EQ(wrongOn("interleaved", 3, 2, 2), "expected as many stages on every device, at least 2, for interleaved, "
                                             "found 3 stages on 2 devices");
  EXPECT_EQ(wrongOn("interleaved", 4, 2, 3), "expected micro-batches of a replica that its 2 devices divide for "
                                             "interleaved, found 3");
}

TEST(Generators, RefuseTiedStagesThatAreNot) {
  GeneratorOptions options = optionsOf("gpipe", 2, 1);
  options.tied = {{1, 0}};
  EXPECT_EQ(wrongWith(options), "expected tied stages in ascending order, below 2, found 1 and 0");
  options.tied = {{0, 2}};
  EXPECT_EQ(wrongWith(options), "expected tied stages in ascending order, below 2, found 0 and 2");
  options.tied = {{0, 1}, {0, 1}};
  EXPECT_EQ(wrongWith(options), "expected every pair of tied stages once, found 0 and 1 again");
}
