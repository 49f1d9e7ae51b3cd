//===- LossScaleTest.cpp - Tests of the loss scale ------------------------===//

#include "runtime/engine/LossScale.h"

#include "FakeTraining.h"
#include "runtime/Error.h"
#include "runtime/engine/Engine.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

using namespace sluice::runtime;

namespace {

/// The fake program with a loss scale that follows the gradients.
class LossScaleTest : public testing::Test {
protected:
  LossScaleTest() : dynamic(sluice_program) {
    scalars.assign(sluice_program.scalars, sluice_program.scalars + sluice_program.scalar_count);
    scalars.push_back({kLossScaleInterval, 4, "clean steps", 1, HUGE_VAL, 0});
    dynamic.scalars = scalars.data();
    dynamic.scalar_count = static_cast<uint32_t>(scalars.size());
  }

  std::vector<sluice_scalar> scalars;
  sluice_binary dynamic;
};

/// Bytes of all parameters and of the optimizer's state.
std::string tensorsOf(const Engine &engine) {
  std::string bytes;
  for (const auto &views : {engine.parameterTensors(), engine.stateTensors()})
    for (const TensorView &view : views)
      bytes.append(static_cast<const char *>(view.data), static_cast<size_t>(view.bytes()));
  return bytes;
}

TEST_F(LossScaleTest, SaysHowAProgramWasCompiled) {
  EXPECT_EQ(lossScaleText(sluice_program), "none");
  EXPECT_EQ(lossScaleText(dynamic), "dynamic");
  for (sluice_scalar &scalar : scalars)
    if (scalar.name == std::string(kLossScale))
      scalar.value = 1048576;
  --dynamic.scalar_count;
  EXPECT_EQ(lossScaleText(dynamic), "1048576");
}

TEST_F(LossScaleTest, OnlyPowersOfTwoChangeNoBit) {
  for (double value : {1.0, 2.0, 0.25, 65536.0, std::ldexp(1.0, 200)})
    EXPECT_TRUE(isPowerOfTwo(value)) << value;
  for (double value : {0.0, -2.0, 3.0, 1000.0, HUGE_VAL, std::nan("")})
    EXPECT_FALSE(isPowerOfTwo(value)) << value;
}

TEST_F(LossScaleTest, HalvesAtASkipAndDoublesAfterCleanSteps) {
  Scalars values(dynamic);
  values.setByUser(kLossScale, 1024);
  LossScale scale(dynamic, values);
  for (bool isSkipped : {false, false, false, true, false, false, false})
    scale.follow(isSkipped);
  EXPECT_EQ(scale.state().scale, 512);
  EXPECT_EQ(scale.state().cleanSteps, 3);
  EXPECT_EQ(scale.state().skipsInARow, 0);
  EXPECT_EQ(scale.state().skips, 1);
  scale.follow(false);
  EXPECT_EQ(values.get(kLossScale), 1024);
  EXPECT_EQ(scale.state().cleanSteps, 0);
}

TEST_F(LossScaleTest, DoesNotGrowBeyondTwoToThe24) {
  Scalars values(dynamic);
  values.setByUser(kLossScale, std::ldexp(1.0, 23));
  LossScale scale(dynamic, values);
  for (int step = 0; step < 20; ++step)
    scale.follow(false);
  EXPECT_EQ(scale.state().scale, std::ldexp(1.0, 24));
}

TEST_F(LossScaleTest, AConstantOneStays) {
  Scalars values(sluice_program);
  LossScale scale(sluice_program, values);
  EXPECT_FALSE(scale.maySkip());
  scale.follow(true);
  EXPECT_EQ(scale.state().scale, 1);
  EXPECT_EQ(scale.skips(), 0);
  // How many updates a run has made goes on, whatever it was compiled to.
  scale.resume({256, 3, 2, 7});
  EXPECT_EQ(scale.state().scale, 1);
  EXPECT_EQ(scale.skips(), 7);
}

TEST_F(LossScaleTest, ASkippedStepUpdatesNothing) {
  Engine engine(dynamic, 2);
  engine.initializeParameters(1);
  engine.scalars().setByUser("poison", 3);
  std::string before;
  for (int64_t step = 0; step < 5; ++step) {
    before = step == 2 ? tensorsOf(engine) : before;
    StepResult result = engine.trainStep(fakeSettings(step), loadFakePattern);
    EXPECT_EQ(result.skip, step == 2 ? Skip::NonFinite : Skip::None);
    EXPECT_EQ(*result.lossScale, step < 3 ? 1 : 0.5);
    EXPECT_EQ(std::isfinite(result.gradientNorm), step != 2);
    EXPECT_TRUE(std::isfinite(result.loss));
    if (step == 2)
      EXPECT_EQ(before, tensorsOf(engine));
  }
  // As if there had been no such step: the bias corrections count updates.
  Engine unbroken(sluice_program, 1);
  unbroken.initializeParameters(1);
  for (int64_t step = 0; step < 4; ++step)
    EXPECT_FALSE(unbroken.trainStep(fakeSettings(step), loadFakePattern).lossScale);
  EXPECT_EQ(tensorsOf(unbroken), tensorsOf(engine));
}

TEST_F(LossScaleTest, ALossThatIsNotFiniteIsASkipToo) {
  Engine engine(dynamic, 1);
  engine.scalars().setByUser("poison", -1);
  EXPECT_EQ(engine.trainStep(fakeSettings(0), loadFakePattern).skip, Skip::NonFinite);
  EXPECT_EQ(engine.trainStep(fakeSettings(1), loadFakePattern).skip, Skip::None);
}

TEST_F(LossScaleTest, AScaleThatOverflowsFallsUntilItDoesNot) {
  Engine engine(dynamic, 1);
  engine.initializeParameters(1);
  // A seed of 2^-7 of it is added up nearly 64 times, to what has to be below 2^128.
  engine.scalars().setByUser(kLossScale, std::ldexp(1.0, 135));
  std::vector<double> losses;
  for (int64_t step = 0; step < 26; ++step) {
    StepResult result = engine.trainStep(fakeSettings(step), loadFakePattern);
    EXPECT_EQ(result.skip, step < 6 ? Skip::NonFinite : Skip::None) << step;
    losses.push_back(result.loss);
  }
  EXPECT_EQ(engine.lossScale().state().scale, std::ldexp(1.0, 129));
  EXPECT_EQ(losses[0], losses[6]);
  EXPECT_LT(losses[25], losses[6]);
}

TEST_F(LossScaleTest, TenSkipsInARowAreEnough) {
  Engine engine(dynamic, 1);
  engine.initializeParameters(1);
  engine.scalars().setByUser(kLossScale, std::ldexp(1.0, 200));
  for (int64_t step = 0; step < 10; ++step)
    EXPECT_EQ(engine.trainStep(fakeSettings(step), loadFakePattern).skip, Skip::NonFinite);
  std::string before = tensorsOf(engine);
  try {
    engine.trainStep(fakeSettings(10), loadFakePattern);
    FAIL() << "the step should have failed";
  } catch (const RunError &error) {
    EXPECT_EQ(std::string(error.what())
                  .find("step 10: after 10 skipped steps in a row: micro-batch 0: the gradient is "
                        "not finite; the first gradient that is not finite is that of wte.weight"),
              0u)
        << error.what();
  }
  EXPECT_EQ(before, tensorsOf(engine));
}

TEST_F(LossScaleTest, GoesOnFromACheckpoint) {
  Engine engine(dynamic, 1);
  engine.lossScale().resume({256, 3, 9, 12});
  engine.scalars().setByUser("poison", 21);
  StepResult result = engine.trainStep(fakeSettings(20), loadFakePattern);
  EXPECT_EQ(result.skip, Skip::NonFinite);
  EXPECT_EQ(*result.lossScale, 256);
  EXPECT_EQ(engine.lossScale().state().scale, 128);
  EXPECT_EQ(engine.lossScale().state().skips, 13);
  EXPECT_FALSE(engine.lossScale().maySkip());
}

} // namespace
