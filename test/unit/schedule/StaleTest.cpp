//===- StaleTest.cpp - Schedules whose gradients are late ---------------------------------===//
#include "Clocks.h"
#include <algorithm>
#include <cstdio>
#include <numeric>
#include <random>

using namespace sluice::schedule;

static Pipeline makeStale(int stages, int devices, int microBatches = 1, bool tied = false, int replicas = 1) {
  GeneratorOptions options = optionsOf("ouroboros", stages, microBatches, replicas);
  options.devices = devices;
  if (tied)
    options.tied = {{0, stages - 1}};
  return make(options);
}

TEST(Stale, AgesAreThoseOfTheRule) {
  Pipeline pipeline = makeStale(4, 3);
  EXPECT_EQ(pipeline.ages, (std::vector<int>{3, 2, 1, 0}));
  EXPECT_EQ(pipeline.errorAges, (std::vector<int>{1, 1, 1, 0}));
  for (int stages = 1; stages <= 6; ++stages)
    for (int devices = 1; devices <= stages; ++devices)
      for (int microBatches : {1, 2, 4})
        for (int replicas : {1, 2})
          for (bool tied : {false, true})
            if (microBatches % replicas == 0)
              prove(makeStale(stages, devices, microBatches, tied, replicas));
}

TEST(Stale, OneStageIsSynchronous) {
  Pipeline pipeline = makeStale(1, 1, 2);
  EXPECT_FALSE(pipeline.isStale());
  Pipeline sequential = make(optionsOf("sequential", 1, 2));
  ASSERT_EQ(bodyOf(pipeline, 0).size(), bodyOf(sequential, 0).size());
  for (size_t action = 0; action < bodyOf(pipeline, 0).size(); ++action)
    EXPECT_EQ(describe(pipeline, 0, bodyOf(pipeline, 0)[action]),
              describe(sequential, 0, bodyOf(sequential, 0)[action]));
}

TEST(Stale, AStageHoldsAFrameMoreThanItsDelay) {
  EXPECT_EQ(prove(makeStale(4, 4)).frames, (std::vector<int>{4, 3, 2, 1}));
  // Of several micro-batches a step, those of its own step and of those between.
  EXPECT_EQ(prove(makeStale(3, 3, 2)).frames, (std::vector<int>{6, 4, 1}));
  Pipeline pipeline = makeStale(3, 2);
  pipeline.frames = {2, 2, 1};
  EXPECT_EQ(refusal(pipeline), "load of micro-batch 0 in stage 0: overwrites a frame that backward of micro-batch 0 in "
                               "stage 0 still needs; the stage has 2 frames");
}

/// How many times as fast as one module after the other: 1 forward and 2 backwards.
static double speedUp(const std::vector<double> &parts, int devices, bool tied) {
  Costs costs;
  double whole = std::accumulate(parts.begin(), parts.end(), 0.0);
  for (double part : parts) {
    costs.stages.emplace_back();
    costs.stages.back().forward = part / whole;
    costs.stages.back().backward = 2 * part / whole;
  }
  return 3 / prove(makeStale(int(parts.size()), devices, 1, tied), costs).period;
}

TEST(Stale, NoModuleWaitsForTheBackwardOfAnother) {
  // Untied, as many devices as there are balanced ones; a tied matrix closes a cycle of all forwards, the last
  // backward and the update.
  EXPECT_NEAR(speedUp({1, 1}, 2, false), 2, 1e-9);
  EXPECT_NEAR(speedUp({1, 1}, 2, true), 1.5, 1e-9);
  EXPECT_NEAR(speedUp({1, 1, 1}, 3, false), 3, 1e-9);
  EXPECT_NEAR(speedUp({1, 1, 1}, 3, true), 1.8, 1e-9);
  EXPECT_NEAR(speedUp({1, 2, 1}, 2, false), 2, 1e-9);
  EXPECT_NEAR(speedUp({1, 2, 1}, 2, true), 2, 1e-9);
  EXPECT_NEAR(speedUp({1, 2, 2, 1}, 3, true), 2.25, 1e-9);
  // The program of the device that holds the first and the last module closes the same cycle.
  EXPECT_NEAR(speedUp({1, 2, 2, 1}, 3, false), 2.25, 1e-9);
  EXPECT_NEAR(speedUp({1, 1, 1, 1}, 4, false), 4, 1e-9);
}

TEST(Stale, OtherAgesAreRefused) {
  auto with = [](auto change) {
    Pipeline pipeline = makeStale(3, 3);
    change(pipeline);
    return refusal(pipeline);
  };
  EXPECT_EQ(with([](Pipeline &pipeline) { pipeline.ages[1] = 2; }),
            "backward of micro-batch 0 in stage 1: expected a gradient of age 2, as the stage declares, found age 1");
  EXPECT_EQ(with([](Pipeline &pipeline) { pipeline.errorAges[0] = 0; }),
            "backward of micro-batch 0 in stage 0: expected an error gradient of age 0, as the stage declares, found "
            "age 1");
  EXPECT_EQ(with([](Pipeline &pipeline) { pipeline.activationAges = {0, 1, 0}; }),
            "forward of micro-batch 0 in stage 1: expected activations of age 1, as the stage declares, found age 0");
  // A stage that takes the gradient of the step before without its weights, and one that updates before its forward.
  EXPECT_EQ(with([](Pipeline &pipeline) {
              for (Action &action : bodyOf(pipeline, 1))
                if (action.iteration == -1)
                  action.iteration = -2;
            }),
            "backward of micro-batch 0 in stage 0: expected an error gradient of age 1, as the stage declares, found "
            "age 0");
}

TEST(Stale, ThePeriodIsThatOfALongRun) {
  std::mt19937 random(5);
  for (int trial = 0; trial < 60; ++trial) {
    int stages = 2 + int(random() % 4);
    Pipeline pipeline = makeStale(stages, 1 + int(random() % stages), 1 + int(random() % 2), random() % 2 == 0);
    Costs costs = equalCosts(stages, 1, 1);
    for (StageCosts &stage : costs.stages) {
      stage.forward = random() % 4;
      stage.backward = 1 + random() % 6;
    }
    // As little room as there may be: a device that holds several stages would wait for itself.
    for (Channel &channel : pipeline.channels)
      if (channel.role == Role::Gradients && pipeline.devices() == stages)
        channel.capacity = pipeline.microBatches + int(random() % 2);
    EXPECT_NEAR(prove(pipeline, costs).period, measurePeriod(pipeline, costs, 200), 1e-9) << trial;
  }
}

TEST(Stale, ADeviceOfSeveralStagesNeedsRoomForASecondStep) {
  // What a stage sends has to lie beside what the stage below takes later in the same step.
  Pipeline pipeline = makeStale(4, 2, 2);
  for (Channel &channel : pipeline.channels)
    channel.capacity = channel.role == Role::Gradients ? 2 : 4;
  EXPECT_NE(refusal(pipeline).find("deadlock"), std::string::npos);
}

TEST(Stale, AFrameIsFreeWhenItsTransfersAreOver) {
  // Two frames: what is loaded in a step takes the place of what was sent back in the step before.
  Costs costs = equalCosts(3, 1, 2);
  costs.stages[1].gradients = 10;
  EXPECT_NEAR(prove(makeStale(3, 3), costs).period, 13, 1e-9);
}

TEST(Stale, DevicesRunLateBackwardsFromTheLastStageOn) {
  std::string order;
  Pipeline pipeline = makeStale(5, 2);
  for (const Action &action : bodyOf(pipeline, 0))
    if (action.kind == ActionKind::Run)
      order += (action.run == RunKind::Forward ? " F" : " B") + std::to_string(action.stage);
    else if (action.kind == ActionKind::Update)
      order += " U" + std::to_string(action.stage);
  EXPECT_EQ(order, " F0 F2 B2 U2 B0 U0 F4 B4 U4");
}

TEST(Stale, TheLastStageOfTheRingAddsTheLateGradientOfTheFirst) {
  auto orderOf = [](const Pipeline &pipeline) {
    std::string order;
    for (const Action &action : pipeline.programs[0].body)
      if (action.kind == ActionKind::Run)
        order += (action.run == RunKind::Forward ? " F"
                  : action.run == RunKind::Tied  ? " T"
                                                 : " B") +
                 std::to_string(action.stage);
      else if (action.kind == ActionKind::Update)
        order += " U" + std::to_string(action.stage);
    return order;
  };
  Pipeline ring = makeStale(3, 2, 1, /*tied=*/true);
  EXPECT_EQ(orderOf(ring), " F0 B0 U0 F2 B2 T2 U2");
  for (const Channel &channel : ring.channels)
    EXPECT_NE(channel.role, Role::Tied);
  // Before the late backward of the first stage, with its update, its sum is not there.
  Pipeline pipeline = ring;
  std::vector<Action> &body = bodyOf(pipeline, 0);
  auto backward = body.begin() + findRun(pipeline, 0, RunKind::Backward, 0);
  auto behind = body.begin() + findKind(pipeline, 0, ActionKind::Update) + 1;
  std::rotate(backward, behind, body.begin() + findRun(pipeline, 0, RunKind::Tied, -1) + 1);
  EXPECT_EQ(refusal(pipeline),
            "tied in stage 2: expected the sum of stage 0 over all micro-batches: buffer 0 holds nothing");
}

TEST(Stale, WhatAStageReadsOfAnotherHasTheAgeOfItsOwn) {
  // The first stage has its forward between the update of the second, which it reads of, and its own. All other ages
  // are as declared.
  Pipeline pipeline = makeStale(2, 1, 1, /*tied=*/true);
  std::vector<Action> parts[2][3]; // by stage: forward, backward, update
  for (Action action : bodyOf(pipeline, 0)) {
    bool isOfUpdate = action.microBatch < 0 && action.kind != ActionKind::Run;
    bool isForward = action.kind == ActionKind::Load || action.run == RunKind::Forward;
    if (action.channel >= 0)
      isForward = pipeline.channels[action.channel].role == Role::Activations;
    int part = isOfUpdate ? 2 : !isForward;
    if (action.microBatch >= 0)
      action.iteration -= action.stage == 1 || part == 1;
    parts[action.stage][part].push_back(action);
  }
  std::vector<Action> tied(parts[1][1].end() - 1, parts[1][1].end());
  parts[1][1].pop_back();
  std::vector<Action> &body = bodyOf(pipeline, 0);
  body.clear();
  for (const std::vector<Action> &part :
       {parts[1][0], parts[1][1], parts[0][1], tied, parts[1][2], parts[0][0], parts[0][2]})
    body.insert(body.end(), part.begin(), part.end());
  pipeline.ages = {2, 0};
  pipeline.activationAges = {0, 1};
  EXPECT_EQ(refusal(pipeline), "backward of micro-batch 0 in stage 0: expected a gradient of age 2 of what stage 1 "
                               "updates, as the stage declares, found age 1");
  pipeline.tied.clear();
  body.erase(body.begin() + findRun(pipeline, 0, RunKind::Tied, -1));
  prove(pipeline);
}

TEST(Stale, ActionsAreOfTheirStepOrOfOneBefore) {
  auto with = [](ActionKind kind, int iteration) {
    Pipeline pipeline = makeStale(2, 2);
    bodyOf(pipeline, 0)[findKind(pipeline, 0, kind)].iteration = iteration;
    return refusal(pipeline);
  };
  EXPECT_EQ(with(ActionKind::Load, 1), "load of micro-batch 0 in stage 0: expected an iteration from -1024 to 0, found "
                                       "1");
  EXPECT_EQ(with(ActionKind::Update, -1),
            "update in stage 0: expected iteration 0 where there is no micro-batch, found "
            "-1");
}

TEST(Stale, AForwardBehindTheUpdateReadsItsWeights) {
  Pipeline pipeline = makeStale(2, 2);
  std::vector<Action> &body = bodyOf(pipeline, 0);
  std::rotate(body.begin(), body.begin() + findMessage(pipeline, 0, ActionKind::Recv, Role::Gradients), body.end());
  EXPECT_EQ(refusal(pipeline), "backward of micro-batch 0 in stage 0: expected a gradient of age 1, as the stage "
                               "declares, found age 0");
}

TEST(Stale, ASumIsOfOneStep) {
  // Micro-batch 1 is a step late everywhere: no age is another, and yet sums are of two steps.
  Pipeline pipeline = makeStale(2, 2, 2);
  for (int device : {0, 1})
    for (Action &action : bodyOf(pipeline, device))
      if (action.microBatch == 1)
        --action.iteration;
  EXPECT_EQ(refusal(pipeline), "backward of micro-batch 1 in stage 0: expected a gradient of the step of others in its "
                               "sum, 1 before, as the stage declares, found age 2");
}

TEST(Stale, MessagesAreReceivedInOrBehindTheStepOfTheirSend) {
  auto with = [](int device, ActionKind kind, int iteration, int which) {
    Pipeline pipeline = makeStale(2, 2, 2);
    for (Action &action : bodyOf(pipeline, device))
      if (action.kind == kind && pipeline.channels[action.channel].role == Role::Gradients &&
          (which < 0 || action.microBatch == which))
        action.iteration = iteration;
    return pipeline;
  };
  EXPECT_EQ(refusal(with(0, ActionKind::Recv, 0, 1)),
            "recv of gradients of micro-batch 1 in stage 0 from stage 1: expected as many steps behind its send as "
            "others of the channel, 1, found 0");
  EXPECT_EQ(refusal(with(1, ActionKind::Send, -2, -1)),
            "recv of gradients of micro-batch 0 in stage 0 from stage 1: expected in a step behind that of its send, "
            "found 1 before");
  Pipeline pipeline = makeStale(2, 2, 2);
  for (Channel &channel : pipeline.channels)
    channel.capacity = 1;
  EXPECT_EQ(refusal(pipeline), "send of gradients of micro-batch 0 in stage 1 to stage 0: expected room for the 2 "
                               "messages that are on their way between two steps, found 1");
}

namespace {
/// The ages of a micro-batch of a late step, by running the bodies of all devices and counting updates.
class AgeCounter {
public:
  explicit AgeCounter(const Pipeline &pipeline) : pipeline(pipeline), stages(pipeline.stages) {
    for (int device = 0; device < pipeline.devices(); ++device)
      for (int body = 0; body < bodies; ++body)
        for (const Action &action : pipeline.programs[device].body)
          play(action, body);
  }

  bool areAsDeclared() const {
    for (int stage = 0; stage < pipeline.stages; ++stage) {
      const Stage &at = stages[stage];
      bool isRight = at.updated - at.read == pipeline.ages[stage];
      if (stage > 0)
        isRight &= at.read - stages[stage - 1].read == pipeline.activationAges[stage];
      if (stage + 1 < pipeline.stages)
        isRight &= at.backward - stages[stage + 1].backward == pipeline.errorAges[stage];
      if (ownerOf(stage) >= 0)
        isRight &= at.sharedUpdated - at.sharedRead == pipeline.ages[stage];
      if (!isRight)
        return false;
    }
    return true;
  }

private:
  static constexpr int bodies = 40, looked = 20;
  struct Stage {
    int updates = 0;                            ///< so far
    int read = -1, updated = -1, backward = -1; ///< of the step that is looked at: updates before, and a body
    int sharedRead = -1, sharedUpdated = -1;    ///< the same of what another stage of the device updates
    bool isOpen = false, isSharedOpen = false;
  };

  const Pipeline &pipeline;
  std::vector<Stage> stages;

  /// The stage that updates what this one reads of it; -1: there is none.
  int ownerOf(int stage) const {
    for (const TiedStages &pair : pipeline.tied)
      if (pair[0] == stage && pair[1] != stage && pipeline.deviceOfStage[stage] == pipeline.deviceOfStage[pair[1]])
        return pair[1];
    return -1;
  }

  void updateShared(int owner) {
    for (int reader = 0; reader < pipeline.stages; ++reader)
      if (ownerOf(reader) == owner && stages[reader].isSharedOpen) {
        stages[reader].sharedUpdated = stages[owner].updates;
        stages[reader].isSharedOpen = false;
      }
  }

  void play(const Action &action, int body) {
    if (action.stage < 0)
      return;
    Stage &stage = stages[action.stage];
    bool isIt = body + action.iteration == looked;
    if (action.kind == ActionKind::Update) {
      if (stage.isOpen)
        stage.updated = stage.updates;
      stage.isOpen = false;
      updateShared(action.stage);
      ++stage.updates;
    } else if (action.kind == ActionKind::Run && action.run == RunKind::Forward && isIt) {
      stage.read = stage.updates;
      stage.sharedRead = ownerOf(action.stage) < 0 ? -1 : stages[ownerOf(action.stage)].updates;
    } else if (action.kind == ActionKind::Run && action.run == RunKind::Backward && isIt) {
      stage.backward = body;
      stage.isOpen = stage.isSharedOpen = true;
    }
  }
};

class AgeMutator {
public:
  explicit AgeMutator(unsigned seed) : random(seed) {}

  int below(int bound) { return int(random() % unsigned(bound)); }

  Pipeline make() {
    int stages = 2 + below(4);
    return makeStale(stages, 1 + below(stages), 1, below(2));
  }

  void mutate(Pipeline &pipeline) {
    int stage = below(pipeline.stages), shift = below(2) ? 1 : -1;
    std::vector<Action> &body = pipeline.programs[pipeline.deviceOf(stage, 0)].body;
    switch (below(6)) {
    case 0: { // what is declared
      std::vector<int> *lists[] = {&pipeline.ages, &pipeline.activationAges, &pipeline.errorAges};
      (*lists[below(3)])[stage] += shift;
      return;
    }
    case 1: // backward of a stage, with its messages
      return shiftAll(body, stage, shift, /*forward=*/false);
    case 2: // forward of it, and of those above
      for (int above = stage; above < pipeline.stages; ++above)
        shiftAll(pipeline.programs[pipeline.deviceOf(above, 0)].body, above, shift, /*forward=*/true);
      return;
    case 3: { // an update at another place, with the reduction in front of it
      auto reduce = std::find_if(body.begin(), body.end(), [&](const Action &action) {
        return action.kind == ActionKind::Reduce && action.stage == stage;
      });
      std::vector<Action> moved(reduce, reduce + 2);
      body.erase(reduce, reduce + 2);
      body.insert(body.begin() + below(int(body.size()) + 1), moved.begin(), moved.end());
      return;
    }
    case 4: // one action of another step
      body[below(int(body.size()))].iteration += shift;
      return;
    default: // backward of a stage and all below it: of another step, as all messages agree
      for (int lower = 0; lower <= stage; ++lower)
        shiftAll(pipeline.programs[pipeline.deviceOf(lower, 0)].body, lower, shift, /*forward=*/false);
    }
  }

private:
  std::mt19937 random;

  static void shiftAll(std::vector<Action> &body, int stage, int shift, bool forward) {
    bool isForward = false;
    for (Action &action : body) {
      if (action.kind == ActionKind::Load)
        isForward = true;
      if (action.kind == ActionKind::Recv && action.iteration < 0)
        isForward = false;
      bool isBackward = action.kind == ActionKind::Run && action.run == RunKind::Backward;
      if (isBackward)
        isForward = false;
      if (action.stage == stage && action.microBatch >= 0 && isForward == forward)
        action.iteration += shift;
    }
  }
};
} // namespace

TEST(Stale, MutantsOfOtherAgesAreRefused) {
  int wrong = 0, accepted = 0;
  for (unsigned seed = 0; wrong < 2000; ++seed) {
    AgeMutator mutator(seed);
    Pipeline pipeline = mutator.make();
    for (Channel &channel : pipeline.channels)
      channel.capacity = 8;
    mutator.mutate(pipeline);
    bool areRight = AgeCounter(pipeline).areAsDeclared();
    Proof proof;
    bool isRefused = verify(pipeline, {}, proof).has_value();
    wrong += !areRight;
    accepted += !isRefused;
    ASSERT_TRUE(areRight || isRefused) << "mutant " << seed;
  }
  std::printf("%d of other ages, all refused; %d mutants accepted\n", wrong, accepted);
  EXPECT_GT(accepted, 20);
}
