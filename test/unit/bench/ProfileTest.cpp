//===- ProfileTest.cpp ----------------------------------------------------===//

#include "runtime/bench/Profile.h"
#include "FakeProgram.h"
#include "TestFiles.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace sluice::runtime;

namespace {

constexpr sluice_action act(uint32_t kind, int32_t stage, int32_t microBatch, int32_t channel = -1) {
  return {kind, stage, microBatch, -1, channel, -1, -1, 0, 0};
}

/// Two stages, two micro-batches, and a channel from the first to the second.
const sluice_action actions[] = {
    act(SLUICE_ACTION_FORWARD, 0, 0), act(SLUICE_ACTION_SEND, 0, 0, 0),  act(SLUICE_ACTION_FORWARD, 0, 1),
    act(SLUICE_ACTION_NORM, 0, -1),   act(SLUICE_ACTION_UPDATE, 0, -1),  act(SLUICE_ACTION_RECEIVE, 1, 0, 0),
    act(SLUICE_ACTION_TIED, 1, -1),   act(SLUICE_ACTION_BACKWARD, 1, 0),
};
const sluice_device devices[] = {{0, 0, 5, -1, 0, 0}, {0, 5, 3, -1, 0, 0}};
const sluice_channel channel = {SLUICE_CHANNEL_FRAMES, 0, 1, 0, 1, 0, 1};
const sluice_transfer transfer = {0, 0, 4096};

class ProfileTest : public ::testing::Test {
protected:
  ProfileTest() : program(sluice_program), times(2) {
    stages[0] = stages[1] = sluice_program.stages[0];
    stages[0].layers = 3;
    stages[1].embeddings = 0;
    stages[1].device = 1;
    stages[1].recomputed = 1;
    program.stage_count = program.device_count = 2;
    program.stages = stages;
    program.devices = devices;
    program.actions = actions;
    program.channels = &channel;
    program.channel_count = program.transfer_count = 1;
    program.transfers = &transfer;
  }

  /// A step whose actions take so many milliseconds, each when the clock says so.
  void step(std::initializer_list<std::array<int, 2>> beginAndLength) {
    size_t index = 0;
    for (auto [begin, length] : beginAndLength) {
      int32_t device = index < 5 ? 0 : 1;
      Clock::time_point start{std::chrono::milliseconds(begin)};
      times[device].push_back({device, &actions[index++], start, start + std::chrono::milliseconds(length)});
    }
  }

  sluice_stage stages[2];
  sluice_binary program;
  std::vector<std::vector<ActionTime>> times;
};

TEST_F(ProfileTest, TellsMediansOverStepsOfMeansOverMicroBatches) {
  step({{0, 10}, {10, 1}, {11, 20}, {31, 4}, {35, 6}, {0, 12}, {12, 3}, {15, 40}});
  step({{100, 90}, {190, 1}, {191, 90}, {281, 9}, {290, 9}, {100, 99}, {199, 9}, {208, 90}}); // disturbed
  step({{500, 10}, {510, 2}, {512, 24}, {536, 4}, {540, 7}, {511, 3}, {514, 4}, {518, 42}});
  auto found = nlohmann::json::parse(profileText(program, 3, times));
  EXPECT_EQ(found["sluice_profile"], 1);
  EXPECT_EQ(found["model"], "bigram");
  EXPECT_EQ(found["parameters"], 256 * 256 + 256);
  EXPECT_EQ(found["optimizer"], "adamw");
  EXPECT_EQ(found["compute"], "f32");
  EXPECT_EQ(found["accumulation"], "f32");
  EXPECT_EQ(found["batch"], kFakeBatch);
  EXPECT_EQ(found["sequence"], kFakeSequence);
  EXPECT_EQ(found["threads"], 3);
  EXPECT_EQ(found["steps"], 3);
  ASSERT_EQ(found["stages"].size(), 2u);
  auto &first = found["stages"][0], &second = found["stages"][1];
  EXPECT_EQ(first["layers"], 3);
  EXPECT_EQ(first["embeddings"], true);
  EXPECT_EQ(second["embeddings"], false);
  EXPECT_EQ(second["head"], true);
  EXPECT_EQ(first["recomputed"], false);
  EXPECT_EQ(second["recomputed"], true);
  EXPECT_DOUBLE_EQ(first["forward"].get<double>(), 0.017);
  EXPECT_DOUBLE_EQ(first["backward"].get<double>(), 0);
  EXPECT_DOUBLE_EQ(first["norm"].get<double>(), 0.004);
  EXPECT_DOUBLE_EQ(first["update"].get<double>(), 0.007);
  EXPECT_DOUBLE_EQ(second["tied"].get<double>(), 0.004);
  EXPECT_DOUBLE_EQ(second["backward"].get<double>(), 0.042);
  // From when both are there: 10 to 12, 190 to 199, 511 to 514.
  ASSERT_EQ(found["messages"].size(), 1u);
  EXPECT_EQ(found["messages"][0]["bytes"], 4096);
  EXPECT_DOUBLE_EQ(found["messages"][0]["seconds"].get<double>(), 0.003);
}

TEST_F(ProfileTest, NeedsAProcessorForEveryThread) {
  program.schedule = "1f1b";
  checkCanProfile(program, 2, 4);
  EXPECT_MESSAGE(Error, checkCanProfile(program, 2, 3),
                 "--profile: expected at most 3 threads at once, as many as there are processors, found 4; --threads "
                 "and the schedule 'sequential' make them fewer");
  program.schedule = "sequential";
  checkCanProfile(program, 3, 3);
  program.replicas = 2;
  EXPECT_MESSAGE(Error, checkCanProfile(program, 2, 3), "expected at most 3 threads at once");
}

TEST_F(ProfileTest, NeedsLayersThatAreKept) {
  program.gate_count = 1;
  EXPECT_MESSAGE(Error, checkCanProfile(program, 1, 1), "--profile: expected a program without layer drop");
  program.gate_count = 0;
  stages[1].head = 0;
  EXPECT_MESSAGE(Error, checkCanProfile(program, 1, 8),
                 "--profile: expected layers, embeddings or head on stage 1, found none");
}

} // namespace
