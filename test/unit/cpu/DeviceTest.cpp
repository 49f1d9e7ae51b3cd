//===- DeviceTest.cpp - Tests of the CPU as a device ----------------------===//

#include "runtime/cpu/Device.h"

#include "FakeProgram.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace sluice::runtime;

namespace {

TEST(DeviceTest, PlanNamesEveryKindOfMemory) {
  MemoryPlan one = planMemory(sluice_program, 1), three = planMemory(sluice_program, 3);
  EXPECT_EQ(one.parameters, sluice_program.parameter_bytes);
  EXPECT_EQ(one.persistent, sluice_program.persistent_bytes);
  EXPECT_EQ(one.frames, sluice_program.stages[0].frame_bytes);
  EXPECT_EQ(one.buffers, 0);
  EXPECT_EQ(one.inputs, kFakeMicroBatches * SLUICE_MAX_INPUTS * kFakeBatch * kFakeSequence * 4);
  EXPECT_EQ(three.threadScratch, 3 * one.threadScratch);
  EXPECT_EQ(three.total(), one.total() + 2 * one.threadScratch);
  EXPECT_EQ(one.total(), one.parameters + one.persistent + one.frames + one.scratch + one.threadScratch + one.inputs);
}

TEST(DeviceTest, PlanCountsFramesBuffersAndReplicas) {
  MemoryPlan one = planMemory(sluice_program, 1);
  sluice_stage stage = sluice_program.stages[0];
  stage.frames = 3;
  sluice_binary program = sluice_program;
  program.stages = &stage;
  program.gradient_buffers = 3;
  MemoryPlan more = planMemory(program, 1);
  EXPECT_EQ(more.frames, 3 * one.frames);
  EXPECT_EQ(more.buffers, 2 * stage.gradient_bytes);
  program.replicas = 2;
  EXPECT_EQ(planMemory(program, 1).total(), 2 * more.total() - more.inputs); // each has half of the micro-batches
}

TEST(DeviceTest, FramesFollowEachOther) {
  sluice_stage stage = sluice_program.stages[0];
  stage.frames = 2;
  sluice_binary program = sluice_program;
  program.stages = &stage;
  Device device(program, 1);
  EXPECT_EQ(device.frame(0, 1), device.frame(0, 0) + stage.frame_bytes);
  EXPECT_EQ(device.frame(0, 2), device.frame(0, 0));
}

TEST(DeviceTest, CombinesFloatsAndCountsAlike) {
  sluice_stage stage = sluice_program.stages[0];
  stage.count_offset = stage.gradient_offset + stage.gradient_bytes - 64; // the last 8 doubles
  sluice_binary program = sluice_program;
  program.stages = &stage;
  program.gradient_buffers = 2;
  Device device(program, 2);
  int64_t floats = (stage.count_offset - stage.gradient_offset) / 4;
  for (int32_t buffer : {0, 1}) {
    auto *values = reinterpret_cast<float *>(device.gradients(0, buffer));
    auto *counts = reinterpret_cast<double *>(device.gradients(0, buffer) + floats * 4);
    for (int64_t i = 0; i < floats; ++i)
      values[i] = float(i + 1) * (buffer == 0 ? 1 : 0.25f);
    for (int i = 0; i < 8; ++i)
      counts[i] = 1e9 * i + buffer;
  }
  device.combine(0, 0, 1);
  auto *values = reinterpret_cast<float *>(device.gradients(0, 0));
  auto *counts = reinterpret_cast<double *>(device.gradients(0, 0) + floats * 4);
  for (int64_t i = 0; i < floats; ++i)
    ASSERT_EQ(values[i], float(i + 1) * 1.25f) << i;
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(counts[i], 2e9 * i + 1) << i;
  EXPECT_EQ(reinterpret_cast<float *>(device.gradients(0, 1))[3], 1.0f); // what is added stays
}

TEST(DeviceTest, InputsLieApartAndOnLines) {
  Device device(sluice_program, 1);
  const int32_t *previous = nullptr;
  for (int64_t m = 0; m < kFakeMicroBatches; ++m)
    for (uint32_t i = 0; i < SLUICE_MAX_INPUTS; ++i) {
      const int32_t *input = device.input(m, i);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(input) % SLUICE_ALIGNMENT, 0u);
      if (previous) {
        EXPECT_GE(input - previous, kFakeBatch * kFakeSequence);
      }
      previous = input;
    }
}

TEST(DeviceTest, ZeroingLeavesTheOtherSlotsAlone) {
  Device device(sluice_program, 2);
  std::memset(device.persistent(), 1, sluice_program.persistent_bytes);
  device.clearGradients(0, 0);
  int64_t begin = sluice_program.gradient_offset, end = begin + sluice_program.gradient_bytes;
  int64_t wrong = 0;
  for (int64_t i = 0; i < sluice_program.persistent_bytes; ++i)
    wrong += device.persistent()[i] != (i >= begin && i < end ? 0 : 1);
  EXPECT_EQ(wrong, 0);
}

TEST(DeviceTest, CallsAFunctionOnTheInputsOfItsMicroBatch) {
  sluice_entry entry = [](const sluice_step *step, const sluice_blocks *blocks, void *) {
    *static_cast<int32_t *>(blocks->frame) = *static_cast<const int32_t *>(step->inputs[0]);
  };
  sluice_function function{"copy", entry, 0, 0, 0};
  sluice_binary program = sluice_program;
  program.functions = &function;
  program.function_count = 1;
  Device device(program, 1);
  device.input(1, 0)[0] = 42;
  sluice_step step{};
  device.call(0, 1, 0, step);
  EXPECT_EQ(*reinterpret_cast<int32_t *>(device.frame(0)), 42);
  EXPECT_EQ(step.pool, &device.threads());
}

} // namespace
