//===- DeviceTest.cpp - Tests of GPUs as a device -------------------------===//
//
// Every test is a process of its own: the emulated driver reads its settings once.
//
//===----------------------------------------------------------------------===//

#include "LineTraining.h"
#include "runtime/bench/Bench.h"

#include <cstring>

using namespace sluice::runtime;

namespace {

using Settings = std::map<std::string, std::string>;
constexpr auto kHost = LineProgram::Form::Functions, kCard = LineProgram::Form::Kernels;

class CudaDeviceTest : public ::testing::Test {
protected:
  CudaDeviceTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST(LineProgramTest, Learns) {
  LineRun run = runLine(kHost, 1, 1);
  EXPECT_LT(run.losses.back(), 0.9 * run.losses.front());
  EXPECT_GT(run.norms.front(), 0.5); // which is clipped
  EXPECT_TRUE(run == runLine(kHost, 2, 1));
  EXPECT_FALSE(run == runLine(kHost, 1, 2)); // sums of two
  EXPECT_TRUE(runLine(kHost, 1, 2) == runLine(kHost, 2, 2));
}

TEST_F(CudaDeviceTest, HasTheBitsOfTheHost) {
  EXPECT_EMULATED(Settings{}, runLine(kCard, 1, 1) == runLine(kHost, 1, 1));
  EXPECT_EMULATED(Settings{}, runLine(kCard, 1, 2) == runLine(kHost, 1, 2));
}

TEST_F(CudaDeviceTest, StagesShareACardOrHaveOneEach) {
  for (const char *cards : {"1", "2", "3"})
    EXPECT_EMULATED((Settings{{"DEVICES", cards}}), runLine(kCard, 2, 1) == runLine(kHost, 2, 1)) << cards;
  for (const char *cards : {"1", "2", "3", "4"})
    EXPECT_EMULATED((Settings{{"DEVICES", cards}}), runLine(kCard, 2, 2) == runLine(kHost, 2, 2)) << cards;
}

TEST_F(CudaDeviceTest, NoOrderOfCompletionChangesABit) {
  for (const char *copies : {"late", "random"})
    for (const char *seed : {"1", "2", "3"})
      EXPECT_EMULATED((Settings{{"DEVICES", "2"}, {"COPIES", copies}, {"SEED", seed}}),
                      runLine(kCard, 2, 2) == runLine(kHost, 2, 2) && runLine(kCard, 1, 1) == runLine(kHost, 1, 1))
          << copies << " " << seed;
}

TEST_F(CudaDeviceTest, GraphsAreWhatOneLaunchAfterTheOtherIs) {
  EXPECT_EMULATED(Settings{}, runLine(kCard, 2, 1, /*isSynchronous=*/true) == runLine(kHost, 2, 1));
}

/// Whether actions of a device follow each other, also those of other steps, and take time.
bool areTimesInOrder() {
  LineProgram program(kCard, 2, 1);
  std::unique_ptr<Engine> engine = makeLineEngine(program);
  std::vector<std::vector<ActionTime>> times(2);
  engine->timeActions(&times);
  constexpr uint32_t kSteps = 3;
  LineRun run;
  trainLine(*engine, run, 0, kSteps);
  for (int32_t device : {0, 1}) {
    const std::vector<ActionTime> &actions = times[device];
    if (actions.size() != kSteps * program.binary.devices[device].action_count ||
        !(actions.front().begin < actions.back().end))
      return false;
    for (size_t i = 0; i < actions.size(); ++i)
      if (actions[i].end < actions[i].begin || (i > 0 && actions[i].begin < actions[i - 1].end))
        return false;
  }
  return true;
}

TEST_F(CudaDeviceTest, TellsWhenActionsRan) {
  EXPECT_EMULATED((Settings{{"DEVICES", "2"}}), areTimesInOrder());
  EXPECT_EMULATED((Settings{{"DEVICES", "2"}, {"COPIES", "late"}}), areTimesInOrder());
}

/// Two stages, each with a stream, and kernels that several functions launch.
bool areKernelsCounted() {
  LineProgram program(kCard, 2, 1);
  std::unique_ptr<Engine> engine = makeLineEngine(program);
  BenchOptions options;
  options.warmup = 1;
  options.steps = 3;
  BenchResult result = bench(*engine, program.binary, options);
  std::map<std::string, double> runs;
  for (const KernelRow &row : result.kernels) {
    runs[row.name] = row.runs;
    if (row.milliseconds < 0 || (row.runs > 0 && row.milliseconds == 0))
      return false;
  }
  std::string text = toText(result, program.binary, 1);
  return runs["mean"] == LineProgram::kMicroBatches && runs["momentum"] == 2 && runs["squares2"] == 1 &&
         runs.count("(outside of kernels)") == 1 && text.rfind("line on GPU 0 (Sluice CUDA emulator", 0) == 0 &&
         text.find("peak") == std::string::npos &&
         toJson(result, program.binary, 1).find("roofline") == std::string::npos;
}

TEST_F(CudaDeviceTest, BenchTimesKernels) { EXPECT_EMULATED((Settings{{"DEVICES", "2"}}), areKernelsCounted()); }

/// Five steps, then tensors to another engine of either form, and five more.
LineRun resume(LineProgram::Form from, LineProgram::Form to) {
  LineProgram first(from, 2, 1), second(to, 1, 1);
  LineRun run;
  std::unique_ptr<Engine> before = makeLineEngine(first), after = makeLineEngine(second);
  trainLine(*before, run, 0, 5);
  readLine(*before, run);
  auto move = [](const std::vector<TensorView> &source, const std::vector<TensorView> &target) {
    for (size_t i = 0; i < source.size(); ++i)
      std::memcpy(target[i].data, source[i].data, static_cast<size_t>(source[i].bytes()));
  };
  move(before->parameterTensors(), after->parameterTensors());
  move(before->stateTensors(), after->stateTensors());
  after->tensorsChanged();
  trainLine(*after, run, 5, 5);
  readLine(*after, run);
  return run;
}

TEST_F(CudaDeviceTest, ACheckpointOfTheHostGoesOnOnACardAndBack) {
  EXPECT_EMULATED(Settings{}, resume(kHost, kCard) == runLine(kHost, 1, 1));
  EXPECT_EMULATED(Settings{}, resume(kCard, kHost) == runLine(kHost, 1, 1));
  EXPECT_EMULATED(Settings{}, resume(kCard, kCard) == runLine(kHost, 1, 1));
}

bool trainPoisoned() {
  LineProgram program(kCard, 2, 1);
  std::unique_ptr<Engine> engine = makeLineEngine(program);
  engine->scalars().setByUser("poison", 2);
  LineRun run;
  trainLine(*engine, run, 0, 3);
  return true;
}

TEST_F(CudaDeviceTest, StopsAtALossThatIsNotFinite) {
  EXPECT_EMULATED_ERROR(Settings{}, "step 1: micro-batch 1: the loss is inf; its gradients are finite",
                        trainPoisoned());
}

/// The hidden values are read far beyond all memory.
bool trainFaulty(int32_t devices, int32_t replicas, bool isSynchronous) {
  LineProgram program(kCard, devices, replicas);
  for (sluice_operand &operand : program.operands)
    if (operand.space == SLUICE_SPACE_INPUT + 1)
      operand.offset = int64_t(1) << 40;
  LineRun run;
  trainLine(*makeLineEngine(program, isSynchronous), run, 0, 1);
  return true;
}

TEST_F(CudaDeviceTest, AFaultNamesTheKernelWhereStepsAreSynchronous) {
  EXPECT_EMULATED_ERROR(Settings{}, "error: a kernel failed on GPU 0 .*ILLEGAL_ADDRESS.*; --synchronous names it",
                        trainFaulty(1, 1, false));
  EXPECT_EMULATED_ERROR(Settings{},
                        "error: kernel compare of train.line.forward, micro-batch 0: .* CUDA_ERROR_ILLEGAL_ADDRESS",
                        trainFaulty(1, 1, true));
}

// Others wait for messages of the stage that failed, or fail after it on the same card.
TEST_F(CudaDeviceTest, AFaultEndsAllDevices) {
  for (const char *cards : {"1", "2", "4"})
    EXPECT_EMULATED_ERROR(
        (Settings{{"DEVICES", cards}}),
        "error: kernel compare of train.line.forward, micro-batch [02]: .* CUDA_ERROR_ILLEGAL_ADDRESS",
        trainFaulty(2, 2, true));
}

} // namespace
