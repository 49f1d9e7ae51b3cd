//===- EngineTest.cpp - Tests of the engine on a hand-written program -----===//

#include "runtime/engine/Engine.h"
#include "FakeProgram.h"
#include "runtime/Error.h"
#include "runtime/cpu/Processor.h"
#include "runtime/engine/Program.h"
#include "runtime/train/Generate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using namespace sluice::runtime;

namespace {

/// Tokens in which 7 follows 5 follows 7, so that there is something to learn.
void loadPattern(int64_t microBatch, int32_t *tokens, int32_t *targets) {
  for (int64_t i = 0; i < kFakeBatch * kFakeSequence; ++i) {
    bool odd = (i + microBatch) % 2 != 0;
    tokens[i] = odd ? 5 : 7;
    targets[i] = odd ? 7 : 5;
  }
}

StepSettings settingsOf(int64_t step) {
  StepSettings settings;
  settings.step = step;
  settings.optimizer.learningRate = {LearningRateShape::Constant, 0.05};
  settings.optimizer.gradientClip = 1;
  return settings;
}

std::vector<double> lossesOf(unsigned threads, int steps) {
  Engine engine(sluice_program, threads);
  engine.initializeParameters(1);
  std::vector<double> losses;
  for (int step = 0; step < steps; ++step)
    losses.push_back(engine.trainStep(settingsOf(step), loadPattern).loss);
  return losses;
}

std::vector<float> valuesOf(const TensorView &tensor) {
  auto *data = static_cast<const float *>(tensor.data);
  return std::vector<float>(data, data + tensor.elements());
}

TEST(EngineTest, InitialValuesDependOnSeedNameAndElementAlone) {
  Engine one(sluice_program, 1), three(sluice_program, 3), other(sluice_program, 1);
  one.initializeParameters(1);
  three.initializeParameters(1);
  other.initializeParameters(2);
  std::vector<float> table = valuesOf(one.parameterTensors()[0]);
  EXPECT_EQ(table, valuesOf(three.parameterTensors()[0]));
  EXPECT_NE(table, valuesOf(other.parameterTensors()[0]));
  EXPECT_EQ(valuesOf(one.parameterTensors()[1]), std::vector<float>(kFakeVocabulary, 0.25f));
}

TEST(EngineTest, InitialValuesAreNormal) {
  Engine engine(sluice_program, 1);
  engine.initializeParameters(1);
  double sum = 0, squares = 0;
  std::vector<float> table = valuesOf(engine.parameterTensors()[0]);
  for (float value : table) {
    sum += value;
    squares += double(value) * value;
  }
  auto count = static_cast<double>(table.size());
  EXPECT_NEAR(sum / count, 0, 4 * 0.02 / std::sqrt(count));
  EXPECT_NEAR(std::sqrt(squares / count), 0.02, 0.02 * 0.015);
}

TEST(EngineTest, LearnsAndReportsTheMeanOverMicroBatches) {
  std::vector<double> losses = lossesOf(1, 100);
  EXPECT_NEAR(losses.front(), std::log(double(kFakeVocabulary)), 0.05);
  EXPECT_LT(losses.back(), 0.5);
}

TEST(EngineTest, LossesDoNotDependOnThreads) {
  std::vector<double> losses = lossesOf(1, 20);
  EXPECT_EQ(losses, lossesOf(2, 20));
  EXPECT_EQ(losses, lossesOf(5, 20));
}

TEST(EngineTest, NormIsThatOfTheWholeGradient) {
  Engine engine(sluice_program, 1);
  // With all weights zero, every probability is 1/V. Half of the tokens are 5 and half are 7, so the bias gets
  // 1/V - 1/2 twice and 1/V else, and each of two rows gets half of (1/V - 1 once and 1/V else).
  StepResult result = engine.trainStep(settingsOf(0), loadPattern);
  double p = 1.0 / kFakeVocabulary, others = kFakeVocabulary;
  double bias = 2 * (p - 0.5) * (p - 0.5) + (others - 2) * p * p;
  double rows = 2 * 0.25 * ((p - 1) * (p - 1) + (others - 1) * p * p);
  ASSERT_EQ(result.metrics.size(), 1u);
  EXPECT_EQ(result.metrics.front().values.front(), kFakeBatch * kFakeSequence);
  EXPECT_FALSE(result.layersKept);
  EXPECT_NEAR(result.gradientNorm, std::sqrt(bias + rows), 1e-6);
  EXPECT_NEAR(engine.scalars().get("clip_scale"), 1.0 / (result.gradientNorm + 1e-6) < 1 ? 1 / result.gradientNorm : 1,
              1e-5);
}

TEST(EngineTest, SetsTheScalarsOfAStep) {
  Engine engine(sluice_program, 1);
  StepSettings settings = settingsOf(2);
  settings.optimizer.gradientClip = 0.01;
  settings.optimizer.learningRate.steps = 7;
  settings.optimizer.adamwPeak = 0.25;
  StepResult result = engine.trainStep(settings, loadPattern);
  EXPECT_DOUBLE_EQ(engine.scalars().get("learning_rate"), 0.05);
  EXPECT_DOUBLE_EQ(engine.scalars().get("adamw_learning_rate"), 0.25);
  EXPECT_EQ(engine.scalars().get("steps"), 7);
  EXPECT_DOUBLE_EQ(engine.scalars().get("bias_correction1"), 1 - std::pow(0.9, 3));
  EXPECT_DOUBLE_EQ(engine.scalars().get("bias_correction2"), 1 - std::pow(0.99, 3));
  EXPECT_DOUBLE_EQ(engine.scalars().get("loss_gradient"), 0.5);
  EXPECT_DOUBLE_EQ(engine.scalars().get("clip_scale"), 0.01 / (result.gradientNorm + 1e-6));
}

TEST(EngineTest, StopsAtANonFiniteGradientBeforeTheUpdate) {
  Engine engine(sluice_program, 2);
  engine.initializeParameters(1);
  engine.scalars().setByUser("poison", 1);
  std::vector<float> before = valuesOf(engine.parameterTensors()[1]);
  try {
    engine.trainStep(settingsOf(0), loadPattern);
    FAIL() << "the step should have failed";
  } catch (const RunError &error) {
    EXPECT_STREQ(error.what(), "step 0: micro-batch 1: the gradient is not finite; the first gradient that is not "
                               "finite is that of bias (element 7 is nan)");
  }
  EXPECT_EQ(before, valuesOf(engine.parameterTensors()[1]));
}

TEST(EngineTest, StopsAtANonFiniteLoss) {
  Engine engine(sluice_program, 1);
  engine.scalars().setByUser("poison", -2);
  engine.trainStep(settingsOf(0), loadPattern);
  try {
    engine.trainStep(settingsOf(1), loadPattern);
    FAIL() << "the step should have failed";
  } catch (const RunError &error) {
    EXPECT_STREQ(error.what(), "step 1: micro-batch 0: the loss is inf; its gradients are finite");
  }
}

TEST(EngineTest, ScalarsThatTheRuntimeComputesCannotBeSet) {
  Engine engine(sluice_program, 1);
  EXPECT_THROW(engine.scalars().setByUser("learning_rate", 1), Error);
  EXPECT_THROW(engine.scalars().setByUser("unknown", 1), Error);
}

TEST(EngineTest, ScalarsStayInTheirRange) {
  Engine engine(sluice_program, 1);
  for (auto [name, value, message] : {std::tuple("loss_scale", 0.0, "expected loss_scale in (0, inf), found 0"),
                                      {"share", 1.0, "expected share in [0, 1), found 1"},
                                      {"share", -0.5, "expected share in [0, 1), found -0.5"},
                                      {"share", std::nan(""), "expected share in [0, 1), found nan"}})
    try {
      engine.scalars().setByUser(name, value);
      FAIL() << message;
    } catch (const Error &error) {
      EXPECT_STREQ(error.what(), message);
    }
  EXPECT_EQ(defaultText(sluice_program.scalars[sluice_program.scalar_count - 1]), "auto");
  engine.scalars().setByUser("share", 0);
  EXPECT_EQ(engine.scalars().get("share"), 0);
}

TEST(EngineTest, AScaleOfTheLossThatIsAPowerOfTwoChangesNoBit) {
  Engine plain(sluice_program, 1), scaled(sluice_program, 1);
  scaled.scalars().setByUser("loss_scale", 1024);
  for (Engine *engine : {&plain, &scaled})
    engine->initializeParameters(1);
  for (int64_t step = 0; step < 20; ++step) {
    StepResult first = plain.trainStep(settingsOf(step), loadPattern);
    StepResult second = scaled.trainStep(settingsOf(step), loadPattern);
    EXPECT_EQ(first.loss, second.loss);
    EXPECT_EQ(first.gradientNorm, second.gradientNorm);
  }
}

TEST(EngineTest, StateTensorsAreNamedAfterTheirParameter) {
  Engine engine(sluice_program, 1);
  std::vector<TensorView> states = engine.stateTensors();
  ASSERT_EQ(states.size(), 4u);
  EXPECT_EQ(states[1].name, "wte.weight.exp_avg_sq");
  EXPECT_EQ(states[1].shape, (std::vector<int64_t>{kFakeVocabulary, kFakeVocabulary}));
}

TEST(EngineTest, EvaluatesOverTargetsThatAreNotMinusOne) {
  Engine engine(sluice_program, 2);
  std::vector<int32_t> tokens(kFakeBatch * kFakeSequence, 3), targets(tokens.size(), -1);
  targets[0] = 4;
  EXPECT_NEAR(engine.evaluate(tokens.data(), targets.data()), std::log(double(kFakeVocabulary)), 1e-6);
}

TEST(EngineTest, RefusesATableOfAnotherVersion) {
  sluice_binary program = sluice_program;
  checkProgram(program);
  program.version = SLUICE_ABI_VERSION + 1;
  EXPECT_THROW(checkProgram(program), Error);
  program = sluice_program;
  program.slot_bytes = 64;
  EXPECT_THROW(checkProgram(program), Error);
}

TEST(EngineTest, NamesFeaturesThatTheProcessorLacks) {
  sluice_binary program = sluice_program;
  checkProcessor(program);
  program.features = "no_such_feature";
  program.processor = "dreams";
  try {
    checkProcessor(program);
    FAIL() << "the processor should have been refused";
  } catch (const Error &error) {
    EXPECT_STREQ(error.what(), "this program was compiled for dreams, and this processor lacks no_such_feature");
  }
}

TEST(GenerateTest, GreedyFollowsWhatWasLearned) {
  Engine engine(sluice_program, 1);
  engine.initializeParameters(1);
  for (int step = 0; step < 60; ++step)
    engine.trainStep(settingsOf(step), loadPattern);
  GenerateOptions options;
  options.prompt = {7};
  options.asText = false;
  options.tokens = kFakeSequence + 4; // beyond the compiled sequence
  options.temperature = 0;
  char *text = nullptr;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  generate(engine, sluice_program, options, out);
  std::fclose(out);
  std::string expected = "7";
  for (int64_t i = 0; i < options.tokens; ++i)
    expected += i % 2 == 0 ? ",5" : ",7";
  EXPECT_EQ(std::string(text, size), expected + "\n");
  std::free(text);
}

TEST(GenerateTest, DrawsAmongTheLikeliestInProportion) {
  GenerateOptions options;
  options.topK = 2;
  options.seeds.run = 5;
  std::vector<double> scores{std::log(1.0), std::log(3.0), std::log(0.5)};
  int counts[3] = {};
  for (uint64_t i = 0; i < 10000; ++i)
    ++counts[chooseToken(scores, options, i)];
  EXPECT_NEAR(counts[1], 7500, 200);
  EXPECT_EQ(counts[2], 0);
  EXPECT_EQ(chooseToken(scores, options, 17), chooseToken(scores, options, 17));
  options.temperature = 0;
  EXPECT_EQ(chooseToken({1, 2, 2}, options, 0), 1);
  EXPECT_THROW(chooseToken({1, NAN}, options, 0), Error);
}

TEST(GenerateTest, RefusesPromptsThatTheModelCannotRead) {
  Engine engine(sluice_program, 1);
  GenerateOptions options;
  EXPECT_THROW(generate(engine, sluice_program, options, stdout), Error);
  options.prompt = {kFakeVocabulary};
  EXPECT_THROW(generate(engine, sluice_program, options, stdout), Error);
}

} // namespace
