//===- CheckActionsTest.cpp - Which actions, channels and facts are refused by themselves --===//
#include "MadePipelines.h"

using namespace sluice::schedule;

TEST(CheckActions, ActionsAreThoseOfTheirDevice) {
  const Pipeline good = make(optionsOf("gpipe", 2, 2, 2));
  auto with = [&](int position, auto change) {
    Pipeline pipeline = good;
    change(bodyOf(pipeline, 0)[position]);
    return refusal(pipeline);
  };
  int forward = findRun(good, 0, RunKind::Forward, 0), send = findKind(good, 0, ActionKind::Send);
  int combine = findKind(good, 0, ActionKind::Combine), reduce = findKind(good, 0, ActionKind::Reduce);
  std::string place = " of micro-batch 0 in stage 0 of replica 0";
  EXPECT_EQ(with(forward, [](Action &action) { action.iteration = 1; }),
            "forward" + place + ": expected iteration 0 in a synchronous schedule, found 1");
  EXPECT_EQ(with(forward, [](Action &action) { action.stage = 1; }),
            "forward of micro-batch 0 in stage 1 of replica 0: expected stage 0 of the device");
  EXPECT_EQ(with(forward, [](Action &action) { action.microBatch = 1; }),
            "forward of micro-batch 1 in stage 0 of replica 0: expected one of micro-batches 0 to 0");
  EXPECT_EQ(with(forward, [](Action &action) { action.run = RunKind::Recompute; }),
            "recompute" + place + ": expected forward, backward or tied in a synchronous schedule");
  EXPECT_EQ(with(forward, [](Action &action) { action.channel = 0; }), "forward" + place + ": expected no channel");
  EXPECT_EQ(with(forward, [](Action &action) { action.into = 0; }),
            "forward" + place +
                ": expected gradient buffers from 0 to 1 where sums are combined, sent or received, "
                "and none elsewhere");
  EXPECT_EQ(with(send, [](Action &action) { action.channel = 99; }),
            "send of an unknown channel" + place + ": expected one of 8 channels, found 99");
  EXPECT_EQ(with(send, [](Action &action) { action.channel = 1; }),
            "send of gradients" + place +
                " to stage 0: expected a channel that starts at device 0, found one from 1 "
                "to 0");
  EXPECT_EQ(with(combine, [](Action &action) { action.microBatch = 0; }),
            "combine of buffer 1 into 0" + place + ": expected no micro-batch");
  EXPECT_EQ(with(combine, [](Action &action) { action.from = 0; }),
            "combine of buffer 0 into 0 in stage 0 of replica 0: expected two different gradient buffers");
  EXPECT_EQ(with(combine, [](Action &action) { action.from = 2; }),
            "combine of buffer 2 into 0 in stage 0 of replica 0: expected gradient buffers from 0 to 1 where sums are "
            "combined, sent or received, and none elsewhere");
  EXPECT_EQ(with(reduce, [](Action &action) { action.stage = 0; }),
            "reduce in stage 0 of replica 0: expected no stage");
  Pipeline stale = good;
  stale.programs[1].prologue.push_back(bodyOf(stale, 1)[0]);
  EXPECT_EQ(refusal(stale), "device 1: expected an empty prologue and epilogue in a synchronous schedule");
  GeneratorOptions options = optionsOf("gpipe", 1, 1);
  options.training = false;
  Pipeline forwardAlone = make(options);
  bodyOf(forwardAlone, 0).push_back(bodyOf(forwardAlone, 0)[1]);
  bodyOf(forwardAlone, 0)[2].run = RunKind::Backward;
  EXPECT_EQ(refusal(forwardAlone), "backward of micro-batch 0 in stage 0: expected load, forward, send and recv alone "
                                   "where nothing is trained");
}

TEST(CheckActions, ActionsAreThoseOfTheStagesOfTheirDevice) {
  GeneratorOptions options = optionsOf("interleaved", 4, 2);
  options.devices = 2;
  const Pipeline good = make(options);
  auto with = [&](int position, int stage) {
    Pipeline pipeline = good;
    bodyOf(pipeline, 1)[position].stage = stage;
    return refusal(pipeline);
  };
  EXPECT_EQ(with(findRun(good, 1, RunKind::Forward, 0), 2),
            "forward of micro-batch 0 in stage 2: expected stages 1 and 3 of the device");
  EXPECT_EQ(with(findMessage(good, 1, ActionKind::Recv, Role::Activations), 3),
            "recv of activations of micro-batch 0 in stage 3 from stage 0: expected a channel that ends at its stage, "
            "found one of stage 1");
  // Each stage has an update of its own, behind one reduction of the device.
  EXPECT_EQ(with(findKind(good, 1, ActionKind::Update), 3), "update in stage 3: a second time");
  Pipeline pipeline = good;
  pipeline.channels[0].target = 3;
  EXPECT_EQ(refusal(pipeline), "channel 0 from device 0 to 1: expected activations to go to the next stage of a "
                               "replica");
}

TEST(CheckActions, ChannelsJoinWhatTheirRoleSays) {
  auto with = [](auto change) {
    Pipeline pipeline = makeTied("gpipe", 3, 2, 2);
    change(pipeline.channels);
    return refusal(pipeline);
  };
  using Channels = std::vector<Channel>;
  EXPECT_EQ(with([](Channels &channels) { channels[0].to = 2; }),
            "channel 0 from device 0 to 2: expected activations to go to the next stage of a replica");
  EXPECT_EQ(with([](Channels &channels) { channels[1].from = 4; }),
            "channel 1 from device 4 to 0: expected gradients to go to the stage before, of a replica");
  EXPECT_EQ(with([](Channels &channels) { channels[4].to = 1; }),
            "channel 4 from device 0 to 1: expected tied sums to go between tied stages of a replica, on two devices");
  EXPECT_EQ(with([](Channels &channels) { channels[6].to = 4; }),
            "channel 6 from device 0 to 4: expected sums of replicas to stay in their stage");
  EXPECT_EQ(with([](Channels &channels) { channels[0].to = 6; }),
            "channel 0 from device 0 to 6: expected devices from 0 to 5");
  EXPECT_EQ(with([](Channels &channels) { channels[0].capacity = -1; }),
            "channel 0 from device 0 to 1: expected a capacity of at least 0, found -1");
  EXPECT_EQ(with([](Channels &channels) { channels.push_back(channels[0]); }).substr(10),
            " from device 0 to 1: expected one a direction and role");
}

TEST(CheckActions, FactsOfThePipelineFit) {
  auto with = [](auto change) {
    Pipeline pipeline = make(optionsOf("gpipe", 2, 2));
    change(pipeline);
    return refusal(pipeline);
  };
  EXPECT_EQ(with([](Pipeline &pipeline) { pipeline.microBatches = 0; }), "expected at least 1 micro-batch, found 0");
  EXPECT_EQ(with([](Pipeline &pipeline) { pipeline.deviceOfStage = {0, 0}; }),
            "expected a device from 0 to 1 of each of 2 stages, and a stage of each device");
  EXPECT_EQ(with([](Pipeline &pipeline) { pipeline.ages = {0}; }), "expected one age a stage, 2, found 1");
  EXPECT_EQ(with([](Pipeline &pipeline) { pipeline.frames = {1}; }),
            "expected one number of frames a stage, 2, found 1");
  EXPECT_EQ(with([](Pipeline &pipeline) { pipeline.frames = {1, 3}; }),
            "expected from 0 to 2 frames, one a micro-batch of a replica, found 3");
  EXPECT_EQ(with([](Pipeline &pipeline) { pipeline.programs.pop_back(); }), "expected a program a device, 2, found 1");
  EXPECT_EQ(with([](Pipeline &pipeline) { pipeline.tied = {{1, 0}}; }),
            "expected tied stages in ascending order, below 2");
  Proof proof;
  auto error = verify(make(optionsOf("gpipe", 2, 2)), equalCosts(3, 1, 1), proof);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->text, "expected costs of 2 stages, found 3");
}
