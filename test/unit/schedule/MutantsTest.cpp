//===- MutantsTest.cpp - Damaged programs are refused, or compute the same --------------===//
#include "Interpreter.h"
#include "MadePipelines.h"
#include <cstdio>
#include <random>

using namespace sluice::schedule;

namespace {
constexpr int mutants = 10000, iterations = 3;

class Mutator {
public:
  explicit Mutator(unsigned seed) : random(seed) {}

  int below(int bound) { return int(random() % unsigned(bound)); }

  GeneratorOptions options() {
    int replicas = 1 << below(2), groups = replicas << below(3);
    GeneratorOptions options = optionsOf(allSchedules[below(4)], 1 + below(4), 1 + below(8), replicas, groups);
    // Micro-batches from 1 to 8 that the groups divide.
    while (options.groups > 8)
      options.groups /= 2;
    options.microBatches = options.groups * std::max(1, options.microBatches / options.groups);
    if ((options.schedule == "sequential" || options.schedule == "gpipe") && below(2))
      options.devices = 1 + below(options.stages);
    if (below(5) == 0) {
      options.schedule = "interleaved";
      options.devices = 1 + below(2);
      options.stages = options.devices * (2 + below(2));
      options.microBatches = options.groups * options.devices;
    }
    options.capacity = 1 + below(2);
    if (below(2))
      options.tied = {{0, options.stages - 1}};
    options.training = below(8) != 0;
    return options;
  }

  void mutate(Pipeline &pipeline) {
    std::vector<Action> &body = pipeline.programs[below(pipeline.devices())].body;
    int size = int(body.size()), at = below(size);
    switch (below(11)) {
    case 0: // swap any two
      std::swap(body[at], body[below(size)]);
      return;
    case 1: // swap neighbours
    case 2:
      std::swap(body[at], body[(at + 1) % size]);
      return;
    case 3: // leave out
      body.erase(body.begin() + at);
      return;
    case 4: { // double
      Action action = body[at];
      body.insert(body.begin() + below(size + 1), action);
      return;
    }
    case 5: // move a little
    case 6: {
      Action action = body[at];
      body.erase(body.begin() + at);
      body.insert(body.begin() + std::min(size - 1, std::max(0, at - 4 + below(9))), action);
      return;
    }
    case 7:
      return changeField(body[at], pipeline);
    case 8:
      if (!pipeline.channels.empty())
        pipeline.channels[below(int(pipeline.channels.size()))].capacity = below(4);
      return;
    case 9:
      return exchangeMicroBatches(pipeline);
    default:
      return changeFacts(pipeline);
    }
  }

private:
  std::mt19937 random;

  void changeField(Action &action, const Pipeline &pipeline) {
    int *const fields[] = {&action.microBatch, &action.channel, &action.into,
                           &action.from,       &action.stage,   &action.iteration};
    *fields[below(6)] = below(std::max(2, pipeline.microBatches)) - 1;
  }

  /// On every device alike: another order, which messages agree on.
  void exchangeMicroBatches(Pipeline &pipeline) {
    int a = below(pipeline.microBatches), b = below(pipeline.microBatches);
    bool forwards = below(2);
    for (Program &program : pipeline.programs)
      for (Action &action : program.body) {
        bool ofForward = action.kind == ActionKind::Load ||
                         (action.kind == ActionKind::Run && action.run == RunKind::Forward) ||
                         (action.channel >= 0 && action.channel < int(pipeline.channels.size()) &&
                          pipeline.channels[action.channel].role == Role::Activations);
        if (forwards == ofForward && (action.microBatch == a || action.microBatch == b))
          action.microBatch = a + b - action.microBatch;
      }
  }

  void changeFacts(Pipeline &pipeline) {
    int stage = below(pipeline.stages);
    int what = below(5);
    if (what == 4) {
      pipeline.deviceOfStage[stage] = below(pipeline.devicesOfReplica);
      return;
    }
    if (what == 0) {
      pipeline.ages[stage] = below(3);
      return;
    }
    if (what == 1 && !pipeline.channels.empty()) {
      Channel &channel = pipeline.channels[below(int(pipeline.channels.size()))];
      int *const ends[] = {&channel.from, &channel.to, &channel.source, &channel.target};
      int end = below(4);
      *ends[end] = below(end < 2 ? pipeline.devices() : pipeline.stages);
      return;
    }
    if (what == 2 && !pipeline.channels.empty()) {
      pipeline.channels[below(int(pipeline.channels.size()))].role = Role(below(4));
      return;
    }
    pipeline.frames.resize(pipeline.stages, 0);
    pipeline.frames[stage] = 1 + below(pipeline.microBatches);
  }
};

struct Tally {
  int accepted = 0, refused = 0, refusedForReason = 0;
};
} // namespace

static bool runsAlike(const Pipeline &pipeline, const std::vector<int> &frames, const std::optional<Bits> &expected) {
  return interpret(pipeline, frames, iterations) == expected;
}

TEST(Mutants, AreRefusedOrComputeTheSameBits) {
  Tally tally;
  for (int number = 0; number < mutants; ++number) {
    Mutator mutator(number);
    GeneratorOptions options = mutator.options();
    Pipeline original = make(options), mutant = original;
    for (int count = 1 + mutator.below(2); count > 0; --count)
      mutator.mutate(mutant);
    std::vector<int> frames = prove(original).frames;
    std::optional<Bits> expected = interpret(original, frames, iterations);
    ASSERT_TRUE(expected) << options.schedule;

    Proof proof;
    if (auto error = verify(mutant, {}, proof)) {
      ++tally.refused;
      for (int stage = 0; stage < mutant.stages && !mutant.frames.empty(); ++stage)
        if (mutant.frames[stage] > 0)
          frames[stage] = mutant.frames[stage];
      tally.refusedForReason += !runsAlike(mutant, frames, expected);
      continue;
    }
    ++tally.accepted;
    ASSERT_TRUE(runsAlike(mutant, proof.frames, expected)) << "mutant " << number << " of " << options.schedule;
  }
  std::printf("%d refused, of which %d hang or compute something else; %d accepted, which compute the same\n",
              tally.refused, tally.refusedForReason, tally.accepted);
  // So that a verifier which refuses all, or a mutator that changes nothing, is seen.
  EXPECT_GT(tally.accepted, mutants / 10);
  EXPECT_GT(tally.refusedForReason, mutants / 3);
}

TEST(Mutants, AllSchedulesComputeTheSameBits) {
  // Weights of a stage are those of the sequential schedule, and equal on all replicas.
  for (int stages = 1; stages <= 4; ++stages)
    for (int microBatches : {2, 4, 8})
      for (int replicas : {1, 2}) {
        std::optional<Bits> expected;
        for (const char *schedule : {"sequential", "gpipe", "1f1b", "interleaved", "zero-bubble"}) {
          GeneratorOptions options = optionsOf(schedule, stages, microBatches, replicas, 2);
          options.tied = {{0, stages - 1}};
          if (schedule == std::string("interleaved")) {
            options.devices = stages / 2;
            if (checkLayout(schedule, {stages, options.devices, microBatches / replicas}))
              continue;
          }
          Pipeline pipeline = make(options);
          std::optional<Bits> found = interpret(pipeline, prove(pipeline).frames, iterations);
          ASSERT_TRUE(found);
          if (!expected)
            expected = found;
          EXPECT_EQ(found, expected) << schedule;
          for (int devices = 1; devices < stages; ++devices) {
            options.devices = devices;
            options.schedule = schedule;
            if (checkLayout(schedule, {stages, devices, microBatches / replicas}))
              continue;
            Pipeline held = make(options);
            EXPECT_EQ(interpret(held, prove(held).frames, iterations), expected) << schedule << devices;
          }
          int instances = pipeline.stages * pipeline.replicas;
          size_t weights = found->size() - instances;
          for (int instance = stages; instance < instances; ++instance)
            EXPECT_EQ((*found)[weights + instance], (*found)[weights + instance % stages]);
        }
      }
}

TEST(Mutants, AFrameLessComputesSomethingElse) {
  // What the verifier counts is the fewest: the interpreter sees the damage of one less.
  for (const char *schedule : {"gpipe", "1f1b", "zero-bubble"}) {
    Pipeline pipeline = make(optionsOf(schedule, 3, 4));
    std::vector<int> frames = prove(pipeline).frames;
    std::optional<Bits> expected = interpret(pipeline, frames, iterations);
    for (int stage = 0; stage < 3; ++stage)
      if (frames[stage] > 1) {
        std::vector<int> fewer = frames;
        --fewer[stage];
        EXPECT_NE(interpret(pipeline, fewer, iterations), expected) << schedule << stage;
      }
  }
}
