//===- MachineTest.cpp - Tests of what is refused at the start ------------===//

#include "LineTraining.h"
#include "runtime/cuda/Kernels.h"
#include "runtime/cuda/Layout.h"

#include <algorithm>

using namespace sluice::runtime;
using namespace sluice::cuda;

namespace {

using Settings = std::map<std::string, std::string>;

class MachineTest : public ::testing::Test {
protected:
  MachineTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

bool start() {
  LineProgram program(LineProgram::Form::Kernels, 1, 1);
  return makeLineEngine(program) != nullptr;
}

/// With a frame of four gigabytes.
bool startLarge() {
  LineProgram program(LineProgram::Form::Kernels, 1, 1);
  sluice_stage stages[] = {program.binary.stages[0], program.binary.stages[1]};
  stages[0].frame_bytes = int64_t(1) << 30;
  program.binary.stages = stages;
  return makeLineEngine(program) != nullptr;
}

bool startCubin() {
  LineProgram program(LineProgram::Form::Kernels, 1, 1);
  program.images[0] = {SLUICE_IMAGE_CUBIN, 90, "sm_90", "", 0};
  return makeLineEngine(program) != nullptr;
}

/// Beside code that the driver does not take.
bool startBeside() {
  LineProgram program(LineProgram::Form::Kernels, 1, 1);
  sluice_image images[] = {{SLUICE_IMAGE_CUBIN, 80, "sm_80", "\177ELF", 4}, program.images[0]};
  program.binary.images = images;
  program.binary.image_count = 2;
  return makeLineEngine(program) != nullptr;
}

TEST_F(MachineTest, PtxRunsWhereCodeDoesNot) { EXPECT_EMULATED(Settings{}, startBeside()); }

TEST_F(MachineTest, WhatDoesNotRunIsSaidInALine) {
  EXPECT_EMULATED(Settings{}, start());
  EXPECT_EMULATED_ERROR((Settings{{"DEVICES", "0"}}), "^error: expected a GPU, found a CUDA driver without one\n$",
                        start());
  EXPECT_EMULATED_ERROR((Settings{{"DRIVER", "10020"}}),
                        "^error: expected a driver for CUDA 11.4 or later, found one for 10.2\n$", start());
  EXPECT_EMULATED_ERROR((Settings{{"DRIVER", "11040"}}),
                        "error: the driver, for CUDA 11.4, is older than the PTX for sm_80 .version 7.8.: a newer "
                        "driver runs it\n$",
                        start());
  EXPECT_EMULATED_ERROR((Settings{{"CAPABILITY", "75"}}),
                        "error: GPU 0 .* has compute capability 7.5, and this program has PTX for sm_80: expected at "
                        "least 8.0\n$",
                        start());
  EXPECT_EMULATED_ERROR(
      Settings{}, "error: GPU 0 .* has compute capability 8.0, and this program has code for sm_90\n$", startCubin());
}

TEST_F(MachineTest, TooLittleMemoryIsRefusedBeforeTheFirstStep) {
  EXPECT_EMULATED_ERROR((Settings{{"MEMORY", "1G"}}),
                        "error: the model 'line' needs 4096.0 MiB of the memory of GPU 0 .*, but 10[0-9.]* MiB are "
                        "free: compiled with --batch=1 --seq=[78] it would fit\n$",
                        startLarge());
}

TEST(ImagesTest, TheCardsOwnComesFirstAndThenTheNewest) {
  sluice_image images[] = {{SLUICE_IMAGE_CUBIN, 90, "sm_90a", "", 0},
                           {SLUICE_IMAGE_PTX, 80, "sm_80", "", 0},
                           {SLUICE_IMAGE_PTX, 90, "sm_90a", "", 0},
                           {SLUICE_IMAGE_PTX, 86, "sm_86", "", 0}};
  sluice_binary program = {};
  program.images = images;
  program.image_count = 4;
  using Images = std::vector<const sluice_image *>;
  EXPECT_EQ(imagesFor(program, 75), Images());
  EXPECT_EQ(imagesFor(program, 80), (Images{&images[1]}));
  EXPECT_EQ(imagesFor(program, 89), (Images{&images[3], &images[1]}));
  EXPECT_EQ(imagesFor(program, 90), (Images{&images[0], &images[2], &images[3], &images[1]}));
  EXPECT_EQ(imagesFor(program, 100), (Images{&images[3], &images[1]})); // what is for sm_90a runs there alone
}

TEST(LayoutTest, NothingOverlaps) {
  LineProgram program(LineProgram::Form::Kernels, 2, 2);
  Layout all(program.binary, 0, 0, 1), first(program.binary, 0, 0, 2), second(program.binary, 0, 1, 2);
  // What begins where, in the order of the plan: the end of each is at most the next one's begin.
  std::vector<std::pair<int64_t, int64_t>> parts = {{all.parameter(0), 128}, {all.persistent(0), 320}};
  for (int32_t stage : {0, 1}) {
    parts.push_back({all.gradients(stage, 1), 64});
    for (int64_t frame = 0; frame < program.binary.stages[stage].frames; ++frame) {
      parts.push_back({all.frame(stage, frame), program.binary.stages[stage].frame_bytes});
      parts.push_back({all.step(stage, frame), int64_t(sizeof(sluice_step))});
      for (uint32_t input = 0; input < inputsOf(program.binary, stage); ++input)
        parts.push_back({all.input(stage, frame, input), LineProgram::kTokens * 4});
    }
    parts.push_back({all.scratch(stage), 64});
  }
  for (int32_t channel : {0, 1, 4, 6})
    for (int32_t place = 0; place < program.binary.channels[channel].capacity; ++place)
      parts.push_back({all.message(channel, static_cast<uint32_t>(place)), channel < 2 ? 128 : 64});
  std::sort(parts.begin(), parts.end());
  for (size_t i = 0; i + 1 < parts.size(); ++i)
    EXPECT_LE(parts[i].first + parts[i].second, parts[i + 1].first) << i;
  EXPECT_LE(parts.back().first + parts.back().second, all.total());
  EXPECT_EQ(all.gradients(1, 0), all.persistent(program.binary.stages[1].gradient_offset));
  EXPECT_LT(first.total() + second.total(), all.total() + 3 * 256); // norms and scratch on both
  EXPECT_LT(all.fixed(), all.total());
  // The second replica receives as much as the first.
  EXPECT_EQ(planOnOneCard(program.binary).total(), 2 * all.total());
  EXPECT_EQ(planDevices(program.binary, 7).total(), planOnOneCard(program.binary).total());
}

TEST(WindowsTest, ACardHasWhatItsStagesHave) {
  LineProgram program(LineProgram::Form::Kernels, 2, 1);
  Windows all(program.binary, SLUICE_SPACE_PERSISTENT, {1, 1}), second(program.binary, SLUICE_SPACE_PERSISTENT, {0, 1});
  EXPECT_EQ(all.bytes(), program.binary.persistent_bytes);
  EXPECT_EQ(all.at(200), 200);
  // Norms, which all have, then the gradient and the state of the line: at 0, at 128 and at 256 of the block.
  EXPECT_EQ(second.bytes(), 3 * 64);
  EXPECT_EQ(second.at(8), 8);
  EXPECT_EQ(second.at(132), 64 + 4);
  EXPECT_EQ(second.at(256), 128);
  Windows parameters(program.binary, SLUICE_SPACE_WEIGHTS, {0, 1});
  EXPECT_EQ(parameters.bytes(), 64);
  EXPECT_EQ(parameters.at(64), 0);
}

TEST(WindowsTest, WhatTheTableDoesNotTellGoesOnToTheNextStage) {
  LineProgram program(LineProgram::Form::Kernels, 2, 1);
  program.binary.persistent_bytes = 1024;
  // Of the first stage at 320, and of the second at 640.
  for (sluice_operand &operand : program.operands)
    if (operand.space == SLUICE_SPACE_PERSISTENT && operand.offset == 192)
      operand.offset = 320;
    else if (operand.space == SLUICE_SPACE_PERSISTENT && operand.offset == 256)
      operand.offset = 640;
  Windows first(program.binary, SLUICE_SPACE_PERSISTENT, {1, 0}),
      second(program.binary, SLUICE_SPACE_PERSISTENT, {0, 1});
  EXPECT_EQ(first.bytes(), 128 + 64 + (640 - 320)); // norms and gradient, state, and what is not known
  EXPECT_EQ(first.at(322), 192 + 2);
  EXPECT_EQ(second.bytes(), 3 * 64 + (1024 - 640));
  EXPECT_EQ(second.at(640), 192);
}

} // namespace
