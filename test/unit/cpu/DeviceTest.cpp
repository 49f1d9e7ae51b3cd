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
  EXPECT_EQ(one.frames, sluice_program.frame_bytes);
  EXPECT_EQ(one.inputs, kFakeMicroBatches * SLUICE_MAX_INPUTS * kFakeBatch * kFakeSequence * 4);
  EXPECT_EQ(three.threadScratch, 3 * one.threadScratch);
  EXPECT_EQ(three.total(), one.total() + 2 * one.threadScratch);
  EXPECT_EQ(one.total(), one.parameters + one.persistent + one.frames + one.scratch + one.threadScratch + one.inputs);
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
  device.zeroGradients();
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
  sluice_function function{"copy", entry, 0, 0};
  sluice_binary program = sluice_program;
  program.functions = &function;
  program.function_count = 1;
  Device device(program, 1);
  device.input(1, 0)[0] = 42;
  sluice_step step{};
  device.call(0, 1, step);
  EXPECT_EQ(*reinterpret_cast<int32_t *>(device.frame()), 42);
  EXPECT_EQ(step.pool, &device.threads());
}

} // namespace
