//===- EngineTest.cpp - Tests of the engine on a hand-written program -----===//

#include "runtime/engine/Engine.h"

#include "FakeTraining.h"
#include "runtime/Error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

using namespace sluice::runtime;

namespace {

std::vector<double> lossesOf(unsigned threads, int steps) {
  Engine engine(sluice_program, threads);
  engine.initializeParameters(1);
  std::vector<double> losses;
  for (int step = 0; step < steps; ++step)
    losses.push_back(engine.trainStep(fakeSettings(step), loadFakePattern).loss);
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

/// What the function that writes narrow copies has seen of the first weight, call by call.
std::vector<float> seenByNarrow;

void narrow(const sluice_step *, const sluice_blocks *blocks, void *) {
  seenByNarrow.push_back(*static_cast<const float *>(blocks->weights));
}

TEST(EngineTest, NarrowCopiesAreWrittenWhenTheHostHasWrittenWeights) {
  sluice_binary program = sluice_program;
  std::vector<sluice_function> functions(program.functions, program.functions + program.function_count);
  sluice_stage stage = program.stages[0];
  stage.narrow = static_cast<int32_t>(functions.size());
  functions.push_back({"narrow", narrow, 0, 0, 0, 0, 0});
  program.functions = functions.data();
  program.function_count = static_cast<uint32_t>(functions.size());
  program.stages = &stage;
  seenByNarrow.clear();
  Engine engine(program, 1);
  engine.initializeParameters(1);
  std::vector<TensorView> parameters = engine.parameterTensors();
  auto *first = static_cast<float *>(parameters[0].data);
  std::vector<float> expected = {*first};
  EXPECT_EQ(seenByNarrow, expected);
  // The update writes them itself.
  engine.trainStep(fakeSettings(0), loadFakePattern);
  EXPECT_EQ(seenByNarrow, expected);
  *first = 7;
  engine.tensorsChanged();
  expected.push_back(7);
  EXPECT_EQ(seenByNarrow, expected);
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
  StepResult result = engine.trainStep(fakeSettings(0), loadFakePattern);
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
  StepSettings settings = fakeSettings(2);
  settings.optimizer.gradientClip = 0.01;
  settings.optimizer.learningRate.steps = 7;
  settings.optimizer.adamwPeak = 0.25;
  StepResult result = engine.trainStep(settings, loadFakePattern);
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
    engine.trainStep(fakeSettings(0), loadFakePattern);
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
  engine.trainStep(fakeSettings(0), loadFakePattern);
  try {
    engine.trainStep(fakeSettings(1), loadFakePattern);
    FAIL() << "the step should have failed";
  } catch (const RunError &error) {
    EXPECT_STREQ(error.what(), "step 1: micro-batch 0: the loss is inf; its gradients are finite");
  }
}

TEST(EngineTest, AScaleOfTheLossThatIsAPowerOfTwoChangesNoBit) {
  Engine plain(sluice_program, 1), scaled(sluice_program, 1);
  scaled.scalars().setByUser("loss_scale", 1024);
  for (Engine *engine : {&plain, &scaled})
    engine->initializeParameters(1);
  for (int64_t step = 0; step < 20; ++step) {
    StepResult first = plain.trainStep(fakeSettings(step), loadFakePattern);
    StepResult second = scaled.trainStep(fakeSettings(step), loadFakePattern);
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

} // namespace
