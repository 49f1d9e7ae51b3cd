//===- ExecutorTest.cpp - Tests of the executor of actions ----------------===//

#include "runtime/engine/Executor.h"

#include "FakeTraining.h"
#include "runtime/cpu/Device.h"
#include "runtime/engine/StepScalars.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

using namespace sluice::runtime;

namespace {

void ignoreMicroBatch(int32_t, int32_t, Device &) {}

/// The program on a device, its parameters all zero, with the scalars of the first step.
class ExecutorTest : public ::testing::Test {
protected:
  ExecutorTest()
      : actions(sluice_program, *withOneReplica(replicas)), executor(sluice_program, actions),
        settings(fakeSettings(0)) {
    Scalars scalars(sluice_program);
    setScalarsOfStep(scalars, sluice_program, settings);
    executor.setScalars(scalars);
  }

  static Replicas *withOneReplica(Replicas &replicas) {
    replicas.push_back(std::make_unique<CpuDevice>(sluice_program, 2));
    return &replicas;
  }
  const Device &device() const { return *replicas.front(); }
  static std::vector<float> copyOf(const char *from, int64_t bytes) {
    auto *data = reinterpret_cast<const float *>(from);
    return std::vector<float>(data, data + bytes / sizeof(float));
  }
  std::vector<float> gradients() const {
    return copyOf(device().persistent() + sluice_program.gradient_offset, sluice_program.gradient_bytes);
  }
  std::vector<float> parameters() const {
    return copyOf(device().parameter(sluice_program.parameters[0]), sluice_program.parameter_bytes);
  }

  Replicas replicas;
  Actions actions;
  Executor executor;
  StepSettings settings;
};

TEST_F(ExecutorTest, TellsOfEachMicroBatchWhenItIsDone) {
  std::vector<int64_t> events;
  auto load = [&](int64_t microBatch, int32_t *tokens, int32_t *targets) {
    events.push_back(microBatch);
    loadFakePattern(microBatch, tokens, targets);
  };
  std::vector<std::vector<float>> seen;
  executor.load(load);
  executor.computeGradients(settings, [&](int32_t stage, int32_t microBatch, Device &memory) {
    EXPECT_EQ(stage, 0);
    EXPECT_EQ(&memory, &device());
    events.push_back(10 + microBatch);
    seen.push_back(gradients());
  });
  // All inputs first: what goes wrong with data does so before anything runs.
  EXPECT_EQ(events, (std::vector<int64_t>{0, 1, 10, 11}));
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen.back(), gradients()); // backward has run, not forward alone
}

TEST_F(ExecutorTest, ParametersChangeInTheUpdateAlone) {
  std::vector<float> before = parameters();
  executor.load(loadFakePattern);
  executor.computeGradients(settings, ignoreMicroBatch);
  EXPECT_EQ(parameters(), before);
  executor.update(settings);
  EXPECT_NE(parameters(), before);
}

TEST_F(ExecutorTest, GradientsOfMicroBatchesAddUpToThatOfTheStep) {
  executor.load(loadFakePattern);
  executor.computeGradients(settings, ignoreMicroBatch);
  std::vector<float> whole = gradients(), sum(whole.size(), 0.0f);
  for (int32_t m = 0; m < kFakeMicroBatches; ++m) {
    executor.computeGradientOf(m, settings);
    std::vector<float> part = gradients();
    EXPECT_NE(part, whole);
    std::transform(sum.begin(), sum.end(), part.begin(), sum.begin(), std::plus<>());
  }
  for (size_t i = 0; i < whole.size(); ++i)
    ASSERT_NEAR(sum[i], whole[i], 1e-6) << i;
}

TEST_F(ExecutorTest, AGradientIsComputedFromZero) {
  executor.load(loadFakePattern);
  executor.computeGradients(settings, ignoreMicroBatch);
  std::vector<float> first = gradients();
  executor.load(loadFakePattern);
  executor.computeGradients(settings, ignoreMicroBatch);
  EXPECT_EQ(gradients(), first);
}

TEST_F(ExecutorTest, MicroBatchesAreDoneBehindTheSecondHalfOfBackward) {
  executor.load(loadFakePattern);
  executor.computeGradients(settings, ignoreMicroBatch);
  std::vector<float> expected = gradients();
  // The first half clears what a group begins with and computes nothing; the second is all of backward.
  std::vector<sluice_action> cut;
  for (uint32_t i = 0; i < sluice_program.action_count; ++i) {
    sluice_action action = sluice_program.actions[i];
    if (action.kind == SLUICE_ACTION_BACKWARD) {
      cut.push_back(action);
      cut.back().kind = SLUICE_ACTION_BACKWARD_INPUT;
      cut.back().function = -1;
      action.kind = SLUICE_ACTION_BACKWARD_WEIGHT;
      action.clears = 0;
    }
    cut.push_back(action);
  }
  sluice_binary program = sluice_program;
  sluice_device only = sluice_program.devices[0];
  only.action_count += static_cast<uint32_t>(cut.size()) - sluice_program.action_count;
  program.actions = cut.data();
  program.action_count = static_cast<uint32_t>(cut.size());
  program.devices = &only;
  Actions ofHalves(program, replicas);
  Executor halves(program, ofHalves);
  Scalars scalars(program);
  setScalarsOfStep(scalars, program, settings);
  halves.setScalars(scalars);
  std::vector<std::vector<float>> seen;
  halves.load(loadFakePattern);
  halves.computeGradients(settings, [&](int32_t, int32_t, Device &) { seen.push_back(gradients()); });
  ASSERT_EQ(seen.size(), static_cast<size_t>(kFakeMicroBatches));
  EXPECT_EQ(seen.back(), expected);
  EXPECT_EQ(gradients(), expected);
  std::vector<float> sum(expected.size(), 0.0f);
  for (int32_t m = 0; m < kFakeMicroBatches; ++m) {
    halves.computeGradientOf(m, settings);
    std::vector<float> part = gradients();
    std::transform(sum.begin(), sum.end(), part.begin(), sum.begin(), std::plus<float>());
  }
  for (size_t i = 0; i < sum.size(); ++i)
    ASSERT_NEAR(sum[i], expected[i], 1e-6) << i;
}

} // namespace
