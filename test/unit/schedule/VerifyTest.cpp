//===- VerifyTest.cpp - What is wrong with programs, in words ------------------------------===//
#include "MadePipelines.h"
#include <algorithm>

using namespace sluice::schedule;

static void erase(Pipeline &pipeline, int device, int position) {
  bodyOf(pipeline, device).erase(bodyOf(pipeline, device).begin() + position);
}

static void move(Pipeline &pipeline, int device, int from, int to) {
  std::vector<Action> &body = bodyOf(pipeline, device);
  Action action = body[from];
  body.erase(body.begin() + from);
  body.insert(body.begin() + to, action);
}

TEST(Verify, AcceptsWhatIsGenerated) {
  for (const char *schedule : allSchedules)
    for (int stages = 1; stages <= 4; ++stages)
      for (int microBatches : {1, 2, 4, 8})
        for (int replicas : {1, 2, 4})
          for (int groups : {1, 2, 8})
            if (microBatches % groups == 0 && groups % replicas == 0) {
              GeneratorOptions options = optionsOf(schedule, stages, microBatches, replicas, groups);
              prove(make(options));
              options.tied = {{0, stages - 1}};
              prove(make(options));
              options.training = false;
              prove(make(options));
            }
}

TEST(Verify, AcceptsAllDevicesThatHoldSeveralStages) {
  for (const char *schedule : {"sequential", "gpipe", "interleaved"})
    for (int stages = 2; stages <= 24; ++stages)
      for (int devices = 1; devices < stages; ++devices)
        for (int microBatches = 1; microBatches <= 13; ++microBatches) {
          if (checkLayout(schedule, {stages, devices, microBatches}))
            continue;
          GeneratorOptions options = optionsOf(schedule, stages, microBatches);
          options.devices = devices;
          options.tied = {{0, stages - 1}};
          prove(make(options));
        }
}

TEST(Verify, SeesTwoStagesThatWaitForEachOther) {
  // Stage 0 wants the gradient of micro-batch 0 before it has run its forward of 1, which stage 1 wants first.
  Pipeline pipeline = make(optionsOf("gpipe", 2, 2));
  int recv = findMessage(pipeline, 0, ActionKind::Recv, Role::Gradients);
  move(pipeline, 0, recv, findRun(pipeline, 0, RunKind::Forward, 1));
  Proof proof;
  auto error = verify(pipeline, {}, proof);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->text, "recv of gradients of micro-batch 0 in stage 0 from stage 1: deadlock: it waits for send of "
                         "gradients of micro-batch 0 in stage 1 to stage 0, and device 1 waits at recv of activations "
                         "of micro-batch 1 in stage 1 from stage 0");
  EXPECT_EQ(error->place.device, 0);
  EXPECT_EQ(error->peer.device, 1);
  EXPECT_EQ(bodyOf(pipeline, 1)[error->peer.action].kind, ActionKind::Recv);
}

TEST(Verify, RefusesRendezvousWhereItHangs) {
  // A stage that sends ahead while the other wants to send back.
  GeneratorOptions options = optionsOf("1f1b", 2, 4);
  options.capacity = 0;
  EXPECT_NE(refusal(make(options)).find("deadlock"), std::string::npos);
  // Both send their sums first.
  options = optionsOf("sequential", 1, 2, 2);
  options.capacity = 0;
  EXPECT_NE(refusal(make(options)).find("send of replica in stage 0 of replica 0 to stage 0 of replica 1: deadlock"),
            std::string::npos);
}

TEST(Verify, AcceptsRendezvousWhereItDoesNotHang) {
  for (const char *schedule : {"sequential", "gpipe"}) {
    GeneratorOptions options = optionsOf(schedule, 3, 4);
    options.capacity = 0;
    prove(make(options));
  }
}

TEST(Verify, SeesAReductionThatNotAllReach) {
  // Stage 1 sends its gradient behind the reduction, before which stage 0 needs it.
  Pipeline pipeline = make(optionsOf("gpipe", 2, 1));
  move(pipeline, 1, findMessage(pipeline, 1, ActionKind::Send, Role::Gradients), int(bodyOf(pipeline, 1).size()) - 1);
  std::string text = refusal(pipeline);
  EXPECT_NE(text.find("deadlock"), std::string::npos) << text;
  EXPECT_NE(text.find("device 1 waits at update in stage 1"), std::string::npos) << text;
}

TEST(Verify, ReceivesMeetTheirSends) {
  Pipeline pipeline = make(optionsOf("gpipe", 2, 2));
  int first = findMessage(pipeline, 1, ActionKind::Recv, Role::Activations);
  std::swap(bodyOf(pipeline, 1)[first], bodyOf(pipeline, 1)[findRun(pipeline, 1, RunKind::Forward, 1) - 1]);
  move(pipeline, 1, findRun(pipeline, 1, RunKind::Forward, 0), findRun(pipeline, 1, RunKind::Forward, 1));
  Proof proof;
  auto error = verify(pipeline, {}, proof);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->text, "recv of activations of micro-batch 1 in stage 1 from stage 0: the channel brings send of "
                         "activations of micro-batch 0 in stage 0 to stage 1");
  EXPECT_EQ(error->peer.device, 0);
  EXPECT_EQ(error->peerText, "what it meets is sent here");
}

TEST(Verify, EveryMicroBatchHasItsSteps) {
  Pipeline pipeline = make(optionsOf("gpipe", 2, 2));
  erase(pipeline, 1, findRun(pipeline, 1, RunKind::Backward, 1));
  EXPECT_EQ(refusal(pipeline), "stage 1: expected one backward of micro-batch 1, found none");
  pipeline = make(optionsOf("gpipe", 2, 2, 2));
  erase(pipeline, 3, findKind(pipeline, 3, ActionKind::Load));
  EXPECT_EQ(refusal(pipeline), "stage 1 of replica 1: expected one load of micro-batch 1, found none");
  pipeline = make(optionsOf("gpipe", 1, 1));
  bodyOf(pipeline, 0).insert(bodyOf(pipeline, 0).begin() + 1, bodyOf(pipeline, 0)[1]);
  EXPECT_EQ(refusal(pipeline), "forward of micro-batch 0 in stage 0: a second time");
  pipeline = make(optionsOf("gpipe", 1, 1));
  erase(pipeline, 0, findKind(pipeline, 0, ActionKind::Reduce));
  EXPECT_EQ(refusal(pipeline), "stage 0: expected one reduce, found none");
  pipeline = make(optionsOf("gpipe", 1, 1));
  erase(pipeline, 0, findKind(pipeline, 0, ActionKind::Update));
  EXPECT_EQ(refusal(pipeline), "stage 0: expected one update, found none");
}

TEST(Verify, StepsComeInTheirOrder) {
  Pipeline pipeline = make(optionsOf("gpipe", 2, 1));
  std::swap(bodyOf(pipeline, 0)[0], bodyOf(pipeline, 0)[1]);
  EXPECT_EQ(refusal(pipeline), "forward of micro-batch 0 in stage 0: expected behind load of micro-batch 0 in stage 0");
  pipeline = make(optionsOf("gpipe", 2, 1));
  std::swap(bodyOf(pipeline, 0)[1], bodyOf(pipeline, 0)[2]);
  EXPECT_EQ(refusal(pipeline), "send of activations of micro-batch 0 in stage 0 to stage 1: expected behind forward "
                               "of micro-batch 0 in stage 0");
  pipeline = make(optionsOf("gpipe", 1, 1));
  std::swap(bodyOf(pipeline, 0)[3], bodyOf(pipeline, 0)[4]);
  EXPECT_EQ(refusal(pipeline), "update in stage 0: expected behind the reduce");
}

TEST(Verify, MessagesAreReceived) {
  GeneratorOptions options = optionsOf("gpipe", 1, 2, 2);
  Pipeline pipeline = make(options);
  erase(pipeline, 1, findKind(pipeline, 1, ActionKind::Recv));
  EXPECT_EQ(refusal(pipeline), "send of replica in stage 0 of replica 0 to stage 0 of replica 1: nothing receives it");
  pipeline = make(options);
  erase(pipeline, 1, findKind(pipeline, 1, ActionKind::Send));
  EXPECT_EQ(refusal(pipeline), "recv of replica in stage 0 of replica 0 from stage 0 of replica 1: nothing sends it");
}

TEST(Verify, FramesAreNotOverwrittenEarly) {
  Pipeline pipeline = make(optionsOf("1f1b", 2, 3));
  pipeline.frames = {1, 1};
  EXPECT_EQ(refusal(pipeline), "load of micro-batch 1 in stage 0: overwrites a frame that backward of micro-batch 0 in "
                               "stage 0 still needs; the stage has 1 frame");
  pipeline.frames = {2, 1};
  EXPECT_EQ(prove(pipeline).frames, pipeline.frames);
  pipeline.frames = {3, 0};
  EXPECT_EQ(prove(pipeline).frames, (std::vector<int>{3, 1}));
  // A frame is busy until its sends have begun.
  pipeline = make(optionsOf("sequential", 2, 2));
  pipeline.frames = {1, 1};
  prove(pipeline);
  move(pipeline, 1, findMessage(pipeline, 1, ActionKind::Send, Role::Gradients),
       findRun(pipeline, 1, RunKind::Forward, 1) - 2);
  EXPECT_EQ(refusal(pipeline), "load of micro-batch 1 in stage 1: overwrites a frame that send of gradients of "
                               "micro-batch 0 in stage 1 to stage 0 still needs; the stage has 1 frame");
}

TEST(Verify, FramesOfEveryStageOfADeviceAreChecked) {
  GeneratorOptions options = optionsOf("interleaved", 4, 2);
  options.devices = 2;
  Pipeline pipeline = make(options);
  pipeline.frames = {2, 2, 2, 1};
  prove(pipeline);
  pipeline.frames = {2, 2, 1, 1};
  Proof proof;
  auto error = verify(pipeline, {}, proof);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->text, "load of micro-batch 1 in stage 2: overwrites a frame that send of gradients of micro-batch "
                         "0 in stage 2 to stage 1 still needs; the stage has 1 frame");
  EXPECT_EQ(error->place.device, 0);
}

TEST(Verify, FramesAreChosenByTheMicroBatch) {
  // Micro-batches 0 and 2 are alive at once, 1 alone: two frames would be enough if any could be chosen.
  Pipeline pipeline = make(optionsOf("gpipe", 1, 3, 1, 1));
  std::vector<Action> &body = bodyOf(pipeline, 0);
  std::swap(body[2], body[4]);
  std::swap(body[3], body[5]);
  move(pipeline, 0, 6, 4);
  // Load and forward of 0 and 2, backward of 0, then 1 and 2.
  EXPECT_EQ(prove(pipeline).frames, std::vector<int>{3});
}

TEST(Verify, SumsAscendWithinTheirGroup) {
  Pipeline pipeline = make(optionsOf("gpipe", 1, 4, 1, 2));
  std::swap(bodyOf(pipeline, 0)[8], bodyOf(pipeline, 0)[9]);
  EXPECT_EQ(refusal(pipeline), "backward of micro-batch 1 in stage 0: expected ascending micro-batches within their "
                               "group: buffer 0 holds nothing");
  // Groups may be mixed.
  pipeline = make(optionsOf("gpipe", 1, 4, 1, 2));
  std::swap(bodyOf(pipeline, 0)[9], bodyOf(pipeline, 0)[10]);
  prove(pipeline);
}

TEST(Verify, GroupsAreCombinedByTheTree) {
  Pipeline pipeline = make(optionsOf("gpipe", 1, 4, 1, 4));
  int last = int(bodyOf(pipeline, 0).size()) - 3;
  std::swap(bodyOf(pipeline, 0)[last], bodyOf(pipeline, 0)[last - 1]);
  EXPECT_EQ(refusal(pipeline), "combine of buffer 1 into 0 in stage 0: expected two halves of the tree of groups: "
                               "buffer 0 holds micro-batches 0 to 1, buffer 1 holds micro-batch 2");
  pipeline = make(optionsOf("gpipe", 1, 4, 1, 4));
  erase(pipeline, 0, findKind(pipeline, 0, ActionKind::Combine));
  EXPECT_EQ(refusal(pipeline), "backward of micro-batch 2 in stage 0: overwrites a sum: buffer 1 holds micro-batch 1");
  pipeline = make(optionsOf("gpipe", 1, 4, 1, 4));
  erase(pipeline, 0, last);
  EXPECT_EQ(refusal(pipeline), "reduce on device 0: expected the sum over all micro-batches: buffer 0 holds "
                               "micro-batches 0 to 1");
}

TEST(Verify, ReplicasAreCombinedByTheTree) {
  Pipeline pipeline = make(optionsOf("gpipe", 1, 4, 4));
  // Replica 0 and 2 in the first round, and 1 and 3: no halves of the tree.
  for (Channel &channel : pipeline.channels) {
    for (int *end : {&channel.from, &channel.to})
      *end = *end == 1 ? 2 : *end == 2 ? 1 : *end;
  }
  std::swap(pipeline.programs[1], pipeline.programs[2]);
  for (int device : {1, 2})
    for (Action &action : bodyOf(pipeline, device))
      if (action.microBatch >= 0)
        action.microBatch = device;
  EXPECT_EQ(refusal(pipeline), "combine of buffer 1 into 0 in stage 0 of replica 2: expected two halves of the tree of "
                               "groups: buffer 0 holds micro-batch 2, buffer 1 holds micro-batch 0");
  // A sum must be whole before it is sent, and arrives where none is.
  pipeline = make(optionsOf("gpipe", 1, 2, 2));
  int send = findKind(pipeline, 0, ActionKind::Send);
  bodyOf(pipeline, 0)[send].from = 1;
  EXPECT_EQ(refusal(pipeline), "send of replica in stage 0 of replica 0 to stage 0 of replica 1: expected a whole sum: "
                               "buffer 1 holds nothing");
  pipeline = make(optionsOf("gpipe", 1, 2, 2));
  bodyOf(pipeline, 0)[send + 1].into = 0;
  EXPECT_EQ(refusal(pipeline), "recv of replica in stage 0 of replica 0 from stage 0 of replica 1: overwrites a sum: "
                               "buffer 0 holds micro-batch 0");
}

TEST(Verify, NoSumIsLeftOver) {
  // A second exchange, of the whole sums, which nothing adds.
  Pipeline pipeline = make(optionsOf("gpipe", 1, 2, 2));
  for (int device : {0, 1}) {
    std::vector<Action> &body = bodyOf(pipeline, device);
    int send = findKind(pipeline, device, ActionKind::Send);
    std::vector<Action> again(body.begin() + send, body.begin() + send + 2);
    body.insert(body.end() - 2, again.begin(), again.end());
  }
  EXPECT_EQ(refusal(pipeline), "reduce on device 1 of replica 1: leaves a sum that nothing adds: buffer 1 holds "
                               "micro-batches 0 to 1");
  for (int device : {0, 1})
    std::rotate(bodyOf(pipeline, device).end() - 4, bodyOf(pipeline, device).end() - 2, bodyOf(pipeline, device).end());
  EXPECT_EQ(refusal(pipeline),
            "send of replica in stage 0 of replica 1 to stage 0 of replica 0: expected before the reduce");
}

TEST(Verify, TiedSumsComeBehindAllOthers) {
  Pipeline pipeline = makeTied("gpipe", 2, 2);
  move(pipeline, 0, findMessage(pipeline, 0, ActionKind::Send, Role::Tied), findRun(pipeline, 0, RunKind::Backward, 1));
  EXPECT_EQ(refusal(pipeline), "send of tied in stage 0 to stage 1: expected the sum over all micro-batches: buffer 0 "
                               "holds micro-batch 0");
  pipeline = makeTied("gpipe", 2, 2);
  int tied = findRun(pipeline, 0, RunKind::Tied, -1);
  std::swap(bodyOf(pipeline, 0)[tied], bodyOf(pipeline, 0)[tied - 1]);
  EXPECT_EQ(refusal(pipeline), "tied in stage 0: expected behind the exchange of tied sums: sent 1, received 0 of 1");
  pipeline = makeTied("gpipe", 1, 2);
  move(pipeline, 0, findRun(pipeline, 0, RunKind::Tied, -1), findRun(pipeline, 0, RunKind::Backward, 1));
  EXPECT_EQ(refusal(pipeline),
            "tied in stage 0: expected the sum over all micro-batches: buffer 0 holds micro-batch 0");
  pipeline = makeTied("gpipe", 2, 2);
  std::swap(bodyOf(pipeline, 0)[tied], bodyOf(pipeline, 0)[tied + 1]);
  EXPECT_EQ(refusal(pipeline), "reduce on device 0: expected behind the tied sum");
  pipeline = makeTied("gpipe", 2, 2);
  erase(pipeline, 1, findRun(pipeline, 1, RunKind::Tied, -1));
  EXPECT_EQ(refusal(pipeline), "stage 1: expected one tied, found none");
  pipeline.tied.clear();
  pipeline.channels.resize(2);
  for (int device : {0, 1}) {
    std::vector<Action> &body = bodyOf(pipeline, device);
    body.erase(std::remove_if(body.begin(), body.end(), [](const Action &action) { return action.channel >= 2; }),
               body.end());
  }
  EXPECT_EQ(refusal(pipeline), "tied in stage 0: expected none in a stage that adds no tied gradients");
}

TEST(Verify, TiedSumsOfOneDeviceAreThoseOfBothStages) {
  GeneratorOptions options = optionsOf("gpipe", 3, 2);
  options.devices = 2;
  options.tied = {{0, 2}};
  Pipeline ring = make(options), pipeline = ring;
  int tied = findRun(ring, 0, RunKind::Tied, -1);
  // Before the last backward of the first stage, which comes behind all of the last stage.
  move(pipeline, 0, tied, tied - 1);
  EXPECT_EQ(refusal(pipeline), "tied in stage 2: expected the sum of stage 0 over all micro-batches: buffer 0 holds "
                               "micro-batch 0");
  pipeline = ring;
  erase(pipeline, 0, tied);
  EXPECT_EQ(refusal(pipeline), "stage 2: expected one tied, found none");
  pipeline = ring;
  bodyOf(pipeline, 0)[tied].stage = 0;
  EXPECT_EQ(refusal(pipeline), "tied in stage 0: expected none in a stage that adds no tied gradients");
  pipeline = ring;
  std::swap(bodyOf(pipeline, 0)[tied], bodyOf(pipeline, 0)[tied + 1]);
  EXPECT_EQ(refusal(pipeline), "reduce on device 0: expected behind the tied sum");
  pipeline = ring;
  pipeline.channels.push_back({0, 0, 1, Role::Tied, 0, 2});
  EXPECT_EQ(refusal(pipeline),
            "channel 4 from device 0 to 0: expected tied sums to go between tied stages of a replica, "
            "on two devices");
  // Of replicas, the sum over all.
  options.replicas = 2;
  pipeline = make(options);
  int combine = find(pipeline, 0, [](const Action &action) { return action.kind == ActionKind::Combine; });
  move(pipeline, 0, combine, findRun(pipeline, 0, RunKind::Tied, -1));
  EXPECT_EQ(refusal(pipeline), "tied in stage 2 of replica 0: expected the sum of stage 0 over all micro-batches: "
                               "buffer 0 holds micro-batch 0");
}

TEST(Verify, ATiedSumIsSentOnce) {
  Pipeline pipeline = makeTied("gpipe", 2, 1);
  for (auto [device, kind] : {std::pair(0, ActionKind::Send), std::pair(1, ActionKind::Recv)}) {
    int message = findMessage(pipeline, device, kind, Role::Tied);
    bodyOf(pipeline, device).insert(bodyOf(pipeline, device).begin() + message, bodyOf(pipeline, device)[message]);
  }
  EXPECT_EQ(refusal(pipeline), "send of tied in stage 0 to stage 1: expected one sum a step");
}

TEST(Verify, GradientsAreAsOldAsDeclared) {
  Pipeline pipeline = make(optionsOf("1f1b", 2, 2));
  pipeline.ages[1] = 1;
  Proof proof;
  auto error = verify(pipeline, {}, proof);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->text, "backward of micro-batch 0 in stage 1: expected a gradient of age 1, as the stage declares, "
                         "found age 0");
  EXPECT_EQ(error->peerText, "weights of this forward");
  // An update between forward and backward.
  pipeline = make(optionsOf("1f1b", 1, 1));
  std::rotate(bodyOf(pipeline, 0).begin() + 2, bodyOf(pipeline, 0).begin() + 3, bodyOf(pipeline, 0).end());
  EXPECT_EQ(refusal(pipeline), "backward of micro-batch 0 in stage 0: expected a gradient of age 0, as the stage "
                               "declares, found age 1");
}

TEST(Verify, TheSecondHalfOfBackwardComesBehindTheFirst) {
  Pipeline pipeline = make(optionsOf("zero-bubble", 2, 2));
  move(pipeline, 1, findRun(pipeline, 1, RunKind::BackwardWeight, 0), findRun(pipeline, 1, RunKind::BackwardInput, 0));
  EXPECT_EQ(refusal(pipeline), "backward_weight of micro-batch 0 in stage 1: expected behind backward_input of "
                               "micro-batch 0 in stage 1");
  pipeline = make(optionsOf("zero-bubble", 2, 2));
  erase(pipeline, 0, findRun(pipeline, 0, RunKind::BackwardWeight, 1));
  EXPECT_EQ(refusal(pipeline), "stage 0: expected one backward_weight of micro-batch 1, found none");
  pipeline = make(optionsOf("zero-bubble", 1, 1));
  bodyOf(pipeline, 0)[findRun(pipeline, 0, RunKind::BackwardInput, 0)].run = RunKind::Backward;
  EXPECT_EQ(refusal(pipeline),
            "backward of micro-batch 0 in stage 0: expected forward, backward_input, backward_weight "
            "or tied where backward runs in halves");
  pipeline = make(optionsOf("1f1b", 1, 1));
  bodyOf(pipeline, 0)[findRun(pipeline, 0, RunKind::Backward, 0)].run = RunKind::BackwardInput;
  EXPECT_EQ(refusal(pipeline),
            "backward_input of micro-batch 0 in stage 0: expected forward, backward or tied in a synchronous schedule");
}

TEST(Verify, AFrameIsInUseUntilTheSecondHalfOfBackward) {
  Pipeline pipeline = make(optionsOf("zero-bubble", 2, 4));
  pipeline.frames = {2, 1};
  EXPECT_EQ(refusal(pipeline),
            "load of micro-batch 1 in stage 1: overwrites a frame that backward_weight of micro-batch "
            "0 in stage 1 still needs; the stage has 1 frame");
}

TEST(Verify, BothHalvesOfBackwardAddInAscendingOrder) {
  Pipeline pipeline = make(optionsOf("zero-bubble", 1, 2));
  int first = findRun(pipeline, 0, RunKind::BackwardWeight, 0);
  move(pipeline, 0, first, findRun(pipeline, 0, RunKind::BackwardWeight, 1));
  EXPECT_EQ(refusal(pipeline), "backward_weight of micro-batch 1 in stage 0: expected ascending micro-batches within "
                               "their group: buffer 0 holds a part of micro-batch 0");
  // The next group would begin where the last is not whole: four groups, of which 1 and 2 have one buffer.
  pipeline = make(optionsOf("zero-bubble", 1, 4, 1, 4));
  std::vector<Action> &body = bodyOf(pipeline, 0);
  int late = findRun(pipeline, 0, RunKind::BackwardWeight, 1);
  move(pipeline, 0, late, findRun(pipeline, 0, RunKind::BackwardInput, 2));
  EXPECT_EQ(refusal(pipeline),
            "combine of buffer 1 into 0 in stage 0: expected two halves of the tree of groups: buffer "
            "0 holds micro-batch 0, buffer 1 holds a part of micro-batch 1");
  EXPECT_EQ(body.size(), 4u * 4 + 3 + 2);
}

TEST(Verify, NothingIsUpdatedBetweenTheHalvesOfBackward) {
  Pipeline pipeline = make(optionsOf("zero-bubble", 1, 1));
  move(pipeline, 0, findRun(pipeline, 0, RunKind::BackwardWeight, 0), int(bodyOf(pipeline, 0).size()) - 1);
  EXPECT_EQ(refusal(pipeline),
            "backward_weight of micro-batch 0 in stage 0: expected a gradient of age 0, as the stage "
            "declares, found age 1");
}
