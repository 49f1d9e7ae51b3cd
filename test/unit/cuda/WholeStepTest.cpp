//===- WholeStepTest.cpp - Tests of steps that a card does as a whole -----===//
//
// Every test is a process of its own: the emulated driver reads its settings once.
//
//===----------------------------------------------------------------------===//

#include "LineTraining.h"
#include "runtime/Error.h"
#include "runtime/cuda/Layout.h"

#include <algorithm>
#include <utility>

using namespace sluice::runtime;

namespace {

using Settings = std::map<std::string, std::string>;

class WholeStepTest : public ::testing::Test {
protected:
  WholeStepTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

struct WholeLine : LineProgram {
  explicit WholeLine(Form form) : LineProgram(form, 1, 1, /*stageCount=*/1) {}
};

const auto kHost = LineProgram::Form::Functions, kCard = LineProgram::Form::Kernels;

TEST_F(WholeStepTest, HasTheBitsOfTheHost) {
  EXPECT_TRUE(runLine(WholeLine(kHost)) == runLine(LineProgram(kHost, 1, 1)));
  for (const char *copies : {"at-once", "late", "random"})
    EXPECT_EMULATED((Settings{{"COPIES", copies}, {"SEED", "3"}}),
                    runLine(WholeLine(kCard)) == runLine(WholeLine(kHost)))
        << copies;
  EXPECT_EMULATED(Settings{}, runLine(WholeLine(kCard), /*isSynchronous=*/true) == runLine(WholeLine(kHost)));
}

/// Trains, whatever it takes, where micro-batch 2 of step 3 has a token of its own, whose row is so large that the loss
/// and its gradient overflow: what that says. The row is small again after it.
std::string runPoisoned(LineProgram::Form form, LineRun &run) {
  WholeLine program(form);
  std::unique_ptr<Engine> engine = makeLineEngine(program);
  auto setRow = [&](float value) {
    auto *table = static_cast<float *>(engine->parameterTensors().front().data);
    table[LineProgram::kVocabulary - 1] = value;
    engine->tensorsChanged();
  };
  setRow(1e30f);
  std::string message;
  for (int64_t step = 0; step < 6; ++step) {
    auto load = [&](int64_t m, int32_t *tokens, int32_t *targets) {
      loadLine(step, m, tokens, targets);
      for (int64_t i = 0; i < LineProgram::kTokens; ++i)
        tokens[i] = step == 3 && m == 2 && i == 7 ? LineProgram::kVocabulary - 1 : tokens[i] % 15;
    };
    try {
      run.losses.push_back(engine->trainStep(lineSettings(step), load).loss);
    } catch (const RunError &error) {
      message += error.what();
      setRow(0);
      readLine(*engine, run);
    }
  }
  readLine(*engine, run);
  return message;
}

/// Whether a card says what the host says, and leaves the same.
bool isPoisonedAlike() {
  LineRun onHost, onCard;
  std::string message = runPoisoned(kHost, onHost);
  return message.find("step 3: micro-batch 2: the loss is inf; the first gradient that is not finite is that of "
                      "line.weight (element 0 is -inf)") == 0 &&
         runPoisoned(kCard, onCard) == message && onCard == onHost;
}

TEST_F(WholeStepTest, StopsWhereAStepIsNotFiniteAndGoesOnFromThere) {
  for (const char *copies : {"at-once", "late"})
    EXPECT_EMULATED((Settings{{"COPIES", copies}}), isPoisonedAlike()) << copies;
}

/// A step that the card does as a whole clips; the host's before it and behind it are the same step, and do not.
LineRun runClipped(LineProgram::Form form) {
  WholeLine program(form);
  std::unique_ptr<Engine> engine = makeLineEngine(program);
  std::vector<std::vector<ActionTime>> times(1);
  LineRun run;
  for (double clip : {0.0, 1e-3, 0.0}) {
    engine->timeActions(clip > 0 ? nullptr : &times);
    StepSettings settings = lineSettings(0);
    settings.optimizer.gradientClip = clip;
    auto load = [](int64_t m, int32_t *tokens, int32_t *targets) { loadLine(0, m, tokens, targets); };
    run.losses.push_back(engine->trainStep(settings, load).loss);
  }
  readLine(*engine, run);
  return run;
}

TEST_F(WholeStepTest, LeavesNothingThatTheHostCountsOn) {
  EXPECT_EMULATED(Settings{}, runClipped(kCard) == runClipped(kHost));
}

/// Steps that the card does as a whole, and ones that the host looks at, in turn.
LineRun runMixed(LineProgram::Form form) {
  WholeLine program(form);
  std::unique_ptr<Engine> engine = makeLineEngine(program);
  std::vector<std::vector<ActionTime>> times(1);
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
}

TEST(LayoutTest, EveryMicroBatchHasASlotWhereTheCardDecides) {
  WholeLine program(kCard);
  sluice::cuda::Layout layout(program.binary, 0, 0, 1);
  ASSERT_TRUE(sluice::cuda::decides(program.binary));
  EXPECT_FALSE(sluice::cuda::decides(LineProgram(kCard, 1, 1).binary));
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
