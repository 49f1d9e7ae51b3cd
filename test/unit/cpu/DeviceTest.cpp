//===- DeviceTest.cpp - Tests of the CPU as a device ----------------------===//

#include "runtime/cpu/Device.h"

#include "FakeProgram.h"

#include <gtest/gtest.h>
#include <set>

#include <algorithm>
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
  program.replicas = program.device_count = 2;
  EXPECT_EQ(planMemory(program, 1).total(), 2 * more.total() - more.inputs); // each has half of the micro-batches
}

/// Two stages with a function each, of which the second needs other memory than the first.
struct TwoStages {
  TwoStages() {
    stages[1].frame_bytes += 640;
    stages[1].frames = 2;
    functions[0] = {"first", nullptr, 4096, 256, 0, 0, 0};
    functions[1] = {"second", nullptr, 1024, 8192, 1, 0, 0};
    program.stages = stages;
    program.stage_count = program.device_count = 2;
    stages[1].device = 1;
    program.functions = functions;
    program.function_count = 2;
    program.gradient_buffers = 3;
  }
  sluice_stage stages[2] = {sluice_program.stages[0], sluice_program.stages[0]};
  sluice_function functions[2];
  sluice_binary program = sluice_program;
};

TEST(DeviceTest, PlanAddsUpStages) {
  TwoStages two;
  MemoryPlan plan = planMemory(two.program, 2);
  EXPECT_EQ(plan.frames, two.stages[0].frame_bytes + 2 * two.stages[1].frame_bytes);
  EXPECT_EQ(plan.buffers, 2 * (two.stages[0].gradient_bytes + two.stages[1].gradient_bytes));
  EXPECT_EQ(plan.scratch, 4096 + 1024);
  EXPECT_EQ(plan.threadScratch, 2 * (sluice_pool::scratchStride(256) + sluice_pool::scratchStride(8192)));
}

TEST(DeviceTest, StagesOfADeviceShareScratchAndThreads) {
  TwoStages two;
  two.stages[1].device = 0;
  two.program.device_count = 1;
  MemoryPlan plan = planMemory(two.program, 2);
  EXPECT_EQ(plan.frames, two.stages[0].frame_bytes + 2 * two.stages[1].frame_bytes);
  EXPECT_EQ(plan.scratch, 4096);
  EXPECT_EQ(plan.threadScratch, 2 * sluice_pool::scratchStride(8192));
  CpuDevice device(two.program, 2);
  EXPECT_EQ(&device.threads(0), &device.threads(1));
}

TEST(DeviceTest, StagesAndBuffersLieApart) {
  TwoStages two;
  CpuDevice device(two.program, 1);
  // The first buffers lie in the persistent block, which the fake program has once.
  char *places[] = {device.gradients(0, 0), device.gradients(0, 1), device.gradients(0, 2), device.gradients(1, 1),
                    device.gradients(1, 2), device.frame(0),        device.frame(1, 0),     device.frame(1, 1)};
  int64_t sizes[8];
  for (int i = 0; i < 8; ++i) {
    sizes[i] = i < 5 ? two.stages[0].gradient_bytes : two.stages[i > 5].frame_bytes;
    std::memset(places[i], i, sizes[i]);
  }
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(std::count(places[i], places[i] + sizes[i], char(i)), sizes[i]) << i;
  device.clearGradients(0, 2);
  EXPECT_EQ(std::count(places[2], places[2] + sizes[2], char(0)), sizes[2]);
  EXPECT_EQ(std::count(places[1], places[1] + sizes[1], char(1)), sizes[1]);
  EXPECT_EQ(std::count(places[4], places[4] + sizes[4], char(4)), sizes[4]);
}

TEST(DeviceTest, FramesFollowEachOther) {
  sluice_stage stage = sluice_program.stages[0];
  stage.frames = 2;
  sluice_binary program = sluice_program;
  program.stages = &stage;
  CpuDevice device(program, 1);
  EXPECT_EQ(device.frame(0, 1), device.frame(0, 0) + stage.frame_bytes);
  EXPECT_EQ(device.frame(0, 2), device.frame(0, 0));
}

TEST(DeviceTest, CombinesFloatsAndCountsAlike) {
  sluice_stage stage = sluice_program.stages[0];
  stage.count_offset = stage.gradient_offset + stage.gradient_bytes - 64; // the last 8 doubles
  sluice_binary program = sluice_program;
  program.stages = &stage;
  program.gradient_buffers = 2;
  CpuDevice device(program, 2);
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
  CpuDevice device(sluice_program, 1);
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

TEST(DeviceTest, ReplicasHaveInputsOfTheirOwnMicroBatches) {
  sluice_binary program = sluice_program;
  program.micro_batches = 6;
  program.replicas = 3;
  CpuDevice device(program, 1);
  for (int64_t m : {2, 4})
    for (uint32_t i = 0; i < SLUICE_MAX_INPUTS; ++i) {
      EXPECT_EQ(device.input(m, i), device.input(0, i));
      EXPECT_EQ(device.input(m + 1, i), device.input(1, i));
    }
  EXPECT_NE(device.input(0, 0), device.input(1, 0));
}

TEST(DeviceTest, ZeroingLeavesTheOtherSlotsAlone) {
  CpuDevice device(sluice_program, 2);
  std::memset(device.persistent(), 1, sluice_program.persistent_bytes);
  device.clearGradients(0, 0);
  int64_t begin = sluice_program.gradient_offset, end = begin + sluice_program.gradient_bytes;
  int64_t wrong = 0;
  for (int64_t i = 0; i < sluice_program.persistent_bytes; ++i)
    wrong += device.persistent()[i] != (i >= begin && i < end ? 0 : 1);
  EXPECT_EQ(wrong, 0);
}

TEST(DeviceTest, CallsAFunctionOnTheFrameAndTheGradientBufferThatAreAskedFor) {
  sluice_entry entry = [](const sluice_step *, const sluice_blocks *blocks, void *) {
    *static_cast<float *>(blocks->frame) = 5;
    *reinterpret_cast<float *>(static_cast<char *>(blocks->persistent) + sluice_program.stages[0].gradient_offset) = 7;
  };
  TwoStages two;
  two.functions[1].entry = entry;
  CpuDevice device(two.program, 1);
  sluice_step step{};
  auto floatAt = [](const char *place) { return *reinterpret_cast<const float *>(place); };
  device.call(1, 1, 2, /*updates=*/0, step);
  EXPECT_EQ(floatAt(device.frame(1, 1)), 5);
  EXPECT_EQ(floatAt(device.frame(1, 0)), 0);
  EXPECT_EQ(floatAt(device.frame(0, 0)), 0);
  EXPECT_EQ(floatAt(device.gradients(1, 2)), 7);
  for (int32_t buffer : {0, 1})
    EXPECT_EQ(floatAt(device.gradients(1, buffer)), 0);
  EXPECT_EQ(step.pool, &device.threads(1));
}

TEST(DeviceTest, CallsAFunctionOnTheInputsOfItsMicroBatch) {
  sluice_entry entry = [](const sluice_step *step, const sluice_blocks *blocks, void *) {
    *static_cast<int32_t *>(blocks->frame) = *static_cast<const int32_t *>(step->inputs[0]);
  };
  sluice_function function{"copy", entry, 0, 0, 0, 0, 0};
  sluice_binary program = sluice_program;
  program.functions = &function;
  program.function_count = 1;
  CpuDevice device(program, 1);
  device.input(1, 0)[0] = 42;
  sluice_step step{};
  device.call(0, 1, 0, /*updates=*/0, step);
  EXPECT_EQ(*reinterpret_cast<int32_t *>(device.frame(0)), 42);
  EXPECT_EQ(step.pool, &device.threads());
}

/// A stage that keeps three versions of its weights, which are all parameters but the bias.
struct LateStage {
  LateStage() {
    stage.delay = 2;
    stage.versions = 3;
    stage.weights_bytes = parameters[0].tensor.bytes;
    parameters[1].in_place = 1;
    program.stages = &stage;
    program.parameters = parameters;
  }
  sluice_stage stage = sluice_program.stages[0];
  sluice_parameter parameters[2] = {sluice_program.parameters[0], sluice_program.parameters[1]};
  sluice_binary program = sluice_program;
};

TEST(DeviceTest, UpdatesWriteTheNextVersionOfWeights) {
  // Copies the first weight, plus one, to the next weights, and adds one to the first bias.
  sluice_entry entry = [](const sluice_step *, const sluice_blocks *blocks, void *) {
    *static_cast<float *>(blocks->next_weights) = *static_cast<const float *>(blocks->weights) + 1;
    auto *inPlace = static_cast<char *>(blocks->in_place) + sluice_program.parameters[1].tensor.offset;
    *reinterpret_cast<float *>(inPlace) += 1;
  };
  LateStage late;
  sluice_function function{"update", entry, 0, 0, 0, 0, 0};
  late.program.functions = &function;
  late.program.function_count = 1;
  CpuDevice device(late.program, 1);
  auto weight = [&] { return *reinterpret_cast<float *>(device.parameter(late.parameters[0])); };
  sluice_step step{};
  for (int64_t update = 0; update < 7; ++update) {
    EXPECT_EQ(weight(), float(update));
    device.call(0, 0, 0, update, step);
    EXPECT_EQ(weight(), float(update)); // the newest until it is said to be over
    device.setUpdates(0, update + 1);
  }
  EXPECT_EQ(*reinterpret_cast<float *>(device.parameter(late.parameters[1])), 7);
  // Three versions are there: those after 5, 6 and 7 updates.
  for (int64_t updates : {5, 6, 7}) {
    device.setUpdates(0, updates);
    EXPECT_EQ(weight(), float(updates));
  }
}

TEST(DeviceTest, APredictionGoesOnLikeTheLastUpdate) {
  // Adds the count of updates, which the step's key says, to the first weight.
  sluice_entry entry = [](const sluice_step *step, const sluice_blocks *blocks, void *) {
    *static_cast<float *>(blocks->next_weights) = *static_cast<const float *>(blocks->weights) + float(step->key[0]);
  };
  // Tells the weight that forward reads.
  sluice_entry forward = [](const sluice_step *, const sluice_blocks *blocks, void *) {
    *static_cast<float *>(blocks->frame) = *static_cast<const float *>(blocks->weights);
  };
  LateStage late;
  late.stage.predicts = 1;
  sluice_function functions[] = {{"update", entry, 0, 0, 0, 0, 0}, {"forward", forward, 0, 0, 0, 0, 0}};
  late.program.functions = functions;
  late.program.function_count = 2;
  EXPECT_EQ(planMemory(late.program, 1).versions, 3 * late.stage.weights_bytes);
  CpuDevice device(late.program, 1);
  sluice_step step{};
  auto read = [&](int64_t updates) {
    device.call(1, 0, 0, updates, step);
    return *reinterpret_cast<float *>(device.frame(0, 0));
  };
  float newest = 0;
  for (uint32_t update = 1; update < 8; ++update) {
    step.key[0] = update;
    device.update(0, 0, /*ahead=*/2, step);
    newest += float(update);
    EXPECT_EQ(*reinterpret_cast<float *>(device.parameter(late.parameters[0])), newest);
    EXPECT_EQ(read(Device::kNewest), newest);
    EXPECT_EQ(read(update), newest + 2 * float(update));
  }
  // Three predictions are there.
  EXPECT_EQ(read(6), 21.0f + 2 * 6);
  EXPECT_EQ(read(5), 15.0f + 2 * 5);
  device.forgetPredictions();
  EXPECT_EQ(read(7), newest);
  device.update(0, 0, /*ahead=*/0, step);
  EXPECT_EQ(read(8), newest + 7);
}

TEST(DeviceTest, HeldGradientsAreThoseOfTheStepBefore) {
  LateStage late;
  int64_t offset = late.stage.gradient_offset;
  // The first and the third float of the stage's gradients.
  sluice_held_gradient held[] = {{0, offset, 4}, {0, offset + 8, 4}};
  late.program.held_gradients = held;
  late.program.held_gradient_count = 2;
  EXPECT_EQ(planMemory(late.program, 1).buffers, planMemory(sluice_program, 1).buffers + SLUICE_ALIGNMENT);
  CpuDevice device(late.program, 1);
  auto *gradients = reinterpret_cast<float *>(device.gradients(0, 0));
  for (int step = 0; step < 3; ++step) {
    for (int i = 0; i < 3; ++i)
      gradients[i] = static_cast<float>(10 * (step + 1) + i);
    device.exchangeHeldGradients(0);
    EXPECT_EQ(gradients[0], step * 10);
    EXPECT_EQ(gradients[1], 10 * (step + 1) + 1);
    EXPECT_EQ(gradients[2], step == 0 ? 0 : step * 10 + 2);
  }
  // What waits is kept with a checkpoint.
  Memory *kept = device.underWay().back();
  EXPECT_EQ(reinterpret_cast<float *>(kept->data())[1], 32);
}

TEST(DeviceTest, LateStagesHaveMoreInputsAndAFrameForWhatIsEvaluated) {
  LateStage late;
  MemoryPlan plan = planMemory(late.program, 1), synchronous = planMemory(sluice_program, 1);
  EXPECT_EQ(plan.versions, 2 * late.stage.weights_bytes);
  EXPECT_EQ(plan.frames, 2 * synchronous.frames);
  // Of the step, of two before it and of one that is begun ahead, and one micro-batch more.
  EXPECT_EQ(plan.inputs, synchronous.inputs / kFakeMicroBatches * (4 * kFakeMicroBatches + 1));
  EXPECT_EQ(plan.total(), synchronous.total() + plan.versions + synchronous.frames + plan.inputs - synchronous.inputs);
  CpuDevice device(late.program, 1);
  std::set<const int32_t *> inputs = {device.input(Device::kEvaluated, 0)};
  for (int64_t m = 0; m < 4 * kFakeMicroBatches; ++m)
    EXPECT_TRUE(inputs.insert(device.input(m + 40 * kFakeMicroBatches, 0)).second);
  EXPECT_NE(device.frame(0, Device::kEvaluated), device.frame(0, 0));
  device.setUpdatesBefore(0, 3, 17);
  device.setUpdatesBefore(0, Device::kEvaluated, 18);
  EXPECT_EQ(device.updatesBefore(0, 3), 17);
}

} // namespace
