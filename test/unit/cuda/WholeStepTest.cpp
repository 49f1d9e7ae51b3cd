//===- WholeStepTest.cpp - Tests of steps that a card does as a whole -----===//
//
// Every test is a process of its own: the emulated driver reads its settings once.
//
//===----------------------------------------------------------------------===//

#include "LineFunctions.h"
#include "LineTraining.h"
#include "runtime/Error.h"
#include "runtime/cuda/Layout.h"

#include <algorithm>
#include <cmath>
#include <utility>

using namespace sluice::runtime;

namespace {

using Settings = std::map<std::string, std::string>;

class WholeStepTest : public ::testing::Test {
protected:
  WholeStepTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

/// Of one stage, or of two on devices of their own and two replicas.
struct WholeLine : LineProgram {
  explicit WholeLine(Form form, bool isOne = true)
      : LineProgram(form, isOne ? 1 : 2, isOne ? 1 : 2, /*stageCount=*/isOne ? 1 : 2) {}
};

const auto kHost = LineProgram::Form::Functions, kCard = LineProgram::Form::Kernels;

int stepsUnderWay(LineProgram::Form form, bool isSynchronous, bool isOne = true) {
  WholeLine program(form, isOne);
  return makeLineEngine(program, isSynchronous)->stepsUnderWay();
}

TEST_F(WholeStepTest, TheNextBeginsBeforeOneHasEnded) {
  EXPECT_EQ(stepsUnderWay(kHost, false), 1);
  EXPECT_EMULATED(Settings{}, stepsUnderWay(kCard, false) == 2 && stepsUnderWay(kCard, true) == 1);
  for (const char *cards : {"1", "2", "3"})
    EXPECT_EMULATED((Settings{{"DEVICES", cards}}), stepsUnderWay(kCard, false, false) == 2) << cards;
}

TEST_F(WholeStepTest, TheHostDecidesWhereCardsDoNotAccessEachOther) {
  Settings alone = {{"DEVICES", "3"}, {"PEERS", "0"}};
  EXPECT_EMULATED(alone, stepsUnderWay(kCard, false, false) == 1);
  EXPECT_EMULATED(alone, runLine(WholeLine(kCard, false)) == runLine(WholeLine(kHost, false)));
}

TEST_F(WholeStepTest, HasTheBitsOfTheHost) {
  EXPECT_TRUE(runLine(WholeLine(kHost)) == runLine(LineProgram(kHost, 1, 1)));
  for (const char *copies : {"at-once", "late", "random"})
    EXPECT_EMULATED((Settings{{"COPIES", copies}, {"SEED", "3"}}),
                    runLine(WholeLine(kCard)) == runLine(WholeLine(kHost)))
        << copies;
  EXPECT_EMULATED(Settings{}, runLine(WholeLine(kCard), /*isSynchronous=*/true) == runLine(WholeLine(kHost)));
}

/// Trains, with so many steps under way or fewer, whatever it takes, where micro-batch 2 of step 3 has a token of its
/// own, whose row is so large that the loss and its gradient overflow: what that says. The row is small again after it.
std::string runPoisoned(LineProgram::Form form, bool isOne, int most, LineRun &run) {
  WholeLine program(form, isOne);
  std::unique_ptr<Engine> engine = makeLineEngine(program);
  auto setRow = [&](float value) {
    auto *table = static_cast<float *>(engine->parameterTensors().front().data);
    table[LineProgram::kVocabulary - 1] = value;
    engine->tensorsChanged();
  };
  setRow(1e30f);
  std::string message;
  for (int64_t step = 0, begun = 0; step < 6; ++step) {
    for (; begun < std::min<int64_t>(6, step + std::min(most, engine->stepsUnderWay())); ++begun)
      engine->beginStep(lineSettings(begun), [begun](int64_t m, int32_t *tokens, int32_t *targets) {
        loadLine(begun, m, tokens, targets);
        for (int64_t i = 0; i < LineProgram::kTokens; ++i)
          tokens[i] = begun == 3 && m == 2 && i == 7 ? LineProgram::kVocabulary - 1 : tokens[i] % 15;
      });
    try {
      run.losses.push_back(engine->endStep().loss);
    } catch (const RunError &error) {
      message += error.what();
      setRow(0);
      readLine(*engine, run);
      begun = step + 1; // no other is under way any more
    }
  }
  readLine(*engine, run);
  return message;
}

/// Whether a card says what the host says, and leaves the same.
bool isPoisonedAlike(bool isOne, int most) {
  LineRun onHost, onCard;
  std::string message = runPoisoned(kHost, isOne, most, onHost);
  return message.find("step 3: micro-batch 2: the loss is inf; the first gradient that is not finite is that of "
                      "line.weight (element 0 is -inf)") == 0 &&
         runPoisoned(kCard, isOne, most, onCard) == message && onCard == onHost;
}

TEST_F(WholeStepTest, StopsWhereAStepIsNotFiniteAndGoesOnFromThere) {
  for (const char *copies : {"at-once", "late"}) {
    EXPECT_EMULATED((Settings{{"COPIES", copies}}), isPoisonedAlike(true, 1)) << copies;
    EXPECT_EMULATED((Settings{{"COPIES", copies}}), isPoisonedAlike(true, 2)) << copies;
  }
  for (const char *cards : {"1", "2", "3", "4"})
    EXPECT_EMULATED((Settings{{"DEVICES", cards}}), isPoisonedAlike(false, 2)) << cards;
}

/// Whether functions by themselves find their step again behind one that the card did as a whole.
bool areSlotsWritten() {
  WholeLine program(kCard);
  Replicas replicas = makeReplicas(program.binary, DeviceOptions{1});
  Device &device = *replicas.front();
  auto isPoisoned = [&](double poison, bool isWhole) {
    loadLine(0, 1, device.input(1, 0), device.input(1, 1));
    sluice_step step = {};
    step.key[3] = 1;
    step.scalars[line::Poison] = poison;
    if (isWhole)
      device.beginWhole();
    for (line::Function function : {line::Forward0, line::Forward1})
      device.call(function, /*microBatch=*/1, /*buffer=*/0, /*updates=*/0, step);
    float loss = 0;
    device.readFrame(/*stage=*/0, /*microBatch=*/1, line::kLoss, sizeof(loss), &loss);
    if (isWhole) {
      device.endWhole();
      device.finishReads();
    } else {
      device.finish(/*stage=*/0);
    }
    device.check();
    return std::isinf(loss);
  };
  return isPoisoned(1, false) && !isPoisoned(0, true) && isPoisoned(1, false) && isPoisoned(1, true) &&
         !isPoisoned(0, false);
}

TEST_F(WholeStepTest, LeavesNothingThatTheHostCountsOn) { EXPECT_EMULATED(Settings{}, areSlotsWritten()); }

/// Whether a card updates where the host says so, by a step in which it has found before that there is no update.
bool isDecisionForgotten() {
  WholeLine program(kCard);
  Replicas replicas = makeReplicas(program.binary, DeviceOptions{1});
  Device &device = *replicas.front();
  const sluice_parameter &slope = program.binary.parameters[1];
  std::vector<float> ones(2, 1);
  auto *bytes = reinterpret_cast<const char *>(ones.data());
  device.storeParameter(slope, bytes);
  for (int64_t offset : {line::kNorms, line::kLineGradient, line::kLineState})
    device.storePersistent(/*stage=*/0, offset, 8, bytes);
  sluice_step step = {};
  step.scalars[line::LearningRate] = 1;
  auto update = [&] {
    device.update(/*stage=*/0, line::Update1, /*ahead=*/0, step);
    return true;
  };
  auto slopeNow = [&] {
    device.fetchParameter(slope);
    return *reinterpret_cast<const float *>(device.parameter(slope));
  };
  device.beginWhole();
  // A loss scale of 0 makes any norm infinite.
  device.decide({0, 0, 0, /*clipScale=*/-1, /*stops=*/0});
  update();
  device.endWhole();
  device.finishReads();
  return slopeNow() == 1 && update() && slopeNow() != 1;
}

TEST_F(WholeStepTest, TheHostDecidesAnew) { EXPECT_EMULATED(Settings{}, isDecisionForgotten()); }

/// Steps that the card does as a whole, and ones that the host looks at, in turn.
LineRun runMixed(LineProgram::Form form, bool isOne = true) {
  WholeLine program(form, isOne);
  std::unique_ptr<Engine> engine = makeLineEngine(program);
  std::vector<std::vector<ActionTime>> times(program.binary.device_count);
  LineRun run;
  for (int64_t step = 0; step < 8; ++step) {
    engine->timeActions(step % 3 == 1 ? &times : nullptr);
    engine->timeKernels(step % 3 == 2);
    trainLine(*engine, run, step, 1);
  }
  readLine(*engine, run);
  return run;
}

TEST_F(WholeStepTest, GivesWayToStepsThatTheHostLooksAt) {
  EXPECT_EMULATED(Settings{}, runMixed(kCard) == runMixed(kHost));
  EXPECT_EMULATED((Settings{{"COPIES", "late"}}), runMixed(kCard) == runMixed(kHost));
  for (const char *cards : {"1", "3"})
    EXPECT_EMULATED((Settings{{"DEVICES", cards}, {"COPIES", "late"}}),
                    runMixed(kCard, false) == runMixed(kHost, false))
        << cards;
}

/// Whether every device of each step has computed and waited, where two steps are under way.
bool isBusy() {
  WholeLine program(kCard, /*isOne=*/false);
  std::unique_ptr<Engine> engine = makeLineEngine(program);
  for (int64_t step = 0, begun = 0; step < 4; ++step) {
    for (; begun < std::min<int64_t>(4, step + 2); ++begun)
      engine->beginStep(lineSettings(begun),
                        [begun](int64_t m, int32_t *tokens, int32_t *targets) { loadLine(begun, m, tokens, targets); });
    StepResult result = engine->endStep();
    if (result.stageBusy.size() != program.binary.device_count)
      return false;
    for (double share : result.stageBusy)
      if (!(share > 0 && share < 1))
        return false;
  }
  return true;
}

TEST_F(WholeStepTest, TellsHowBusyDevicesAre) {
  for (const char *cards : {"1", "4"})
    EXPECT_EMULATED((Settings{{"DEVICES", cards}}), isBusy()) << cards;
}

TEST(LayoutTest, EveryMicroBatchHasASlotWhereCardsDecide) {
  WholeLine program(kCard);
  sluice::cuda::Layout layout(program.binary, 0, 0, 1);
  ASSERT_TRUE(sluice::cuda::decides(program.binary));
  LineProgram late(kCard, 2, 1);
  EXPECT_TRUE(sluice::cuda::decides(late.binary));
  late.stages.front().delay = 1;
  EXPECT_FALSE(sluice::cuda::decides(late.binary));
  ASSERT_EQ(layout.slotCount(0), LineProgram::kMicroBatches);
  std::vector<std::pair<int64_t, int64_t>> parts = {{layout.rule(0), int64_t(sizeof(UpdateRule))}};
  for (int64_t slot = 0; slot < layout.slotCount(0); ++slot) {
    parts.push_back({layout.step(0, slot), int64_t(sizeof(sluice_step))});
    for (uint32_t input : {0, 1})
      parts.push_back({layout.input(0, slot, input), LineProgram::kTokens * 4});
  }
  std::sort(parts.begin(), parts.end());
  for (size_t i = 0; i + 1 < parts.size(); ++i)
    EXPECT_LE(parts[i].first + parts[i].second, parts[i + 1].first) << i;
  EXPECT_EQ(parts.front().first, layout.step(0, 0));
  EXPECT_EQ(parts.back().first, layout.rule(0));
  EXPECT_LE(layout.rule(0) + int64_t(sizeof(UpdateRule)), layout.step(0, 0) + layout.slotBytes(0));
}

} // namespace
