//===- StepScalarsTest.cpp - Tests of the scalars of a step ---------------===//

#include "runtime/engine/StepScalars.h"

#include "FakeProgram.h"
#include "runtime/engine/LossScale.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace sluice::runtime;

namespace {

TEST(StepScalarsTest, WhatAPersonSetsIsNotComputed) {
  for (const char *name : {"learning_rate", "adamw_learning_rate", "steps", "bias_correction1", "bias_correction2",
                           "loss_gradient", "clip_scale", "unclipped_scale"})
    EXPECT_TRUE(isComputedScalar(name)) << name;
  for (const char *name : {"beta1", "loss_scale", "weight_decay", "theta", ""})
    EXPECT_FALSE(isComputedScalar(name)) << name;
}

TEST(StepScalarsTest, RatesFollowTheSchedule) {
  Scalars scalars(sluice_program);
  StepSettings settings;
  settings.optimizer.learningRate = {LearningRateShape::Linear, /*peak=*/0.4, /*minimum=*/0.2, /*warmup=*/2};
  settings.optimizer.learningRate.steps = 12;
  settings.optimizer.adamwPeak = 0.1;
  settings.step = 0;
  setScalarsOfStep(scalars, sluice_program, settings);
  EXPECT_DOUBLE_EQ(scalars.get("learning_rate"), 0.2);
  EXPECT_DOUBLE_EQ(scalars.get("adamw_learning_rate"), 0.05);
  settings.step = 11;
  setScalarsOfStep(scalars, sluice_program, settings);
  EXPECT_DOUBLE_EQ(scalars.get("learning_rate"), 0.2);
  EXPECT_DOUBLE_EQ(scalars.get("adamw_learning_rate"), 0.05);
  EXPECT_EQ(scalars.get("steps"), 12);
}

TEST(StepScalarsTest, CorrectionsFollowTheDecaysThatAreSet) {
  Scalars scalars(sluice_program);
  scalars.setByUser("beta1", 0.5);
  StepSettings settings;
  settings.step = 2;
  setScalarsOfStep(scalars, sluice_program, settings);
  EXPECT_DOUBLE_EQ(scalars.get("bias_correction1"), 1 - 0.125);
  EXPECT_DOUBLE_EQ(scalars.get("bias_correction2"), 1 - std::pow(0.99, 3));
  // Steps that were skipped are no updates.
  setScalarsOfStep(scalars, sluice_program, settings, /*skips=*/2);
  EXPECT_DOUBLE_EQ(scalars.get("bias_correction1"), 1 - 0.5);
}

TEST(StepScalarsTest, GradientsLoseTheScaleOfTheLossInTheUpdate) {
  Scalars scalars(sluice_program);
  EXPECT_EQ(lossScale(scalars), 1);
  scalars.setByUser("loss_scale", 8);
  EXPECT_EQ(lossScale(scalars), 8);
  setScalarsOfStep(scalars, sluice_program, StepSettings());
  EXPECT_EQ(scalars.get("loss_gradient"), 8.0 / kFakeMicroBatches);
  setClipScale(scalars, /*norm=*/0.5, /*largestNorm=*/1);
  EXPECT_EQ(scalars.get("clip_scale"), 1.0 / 8);
}

TEST(StepScalarsTest, ClipsAboveTheLargestNormAlone) {
  Scalars scalars(sluice_program);
  setClipScale(scalars, /*norm=*/4, /*largestNorm=*/1);
  EXPECT_DOUBLE_EQ(scalars.get("clip_scale"), 1 / (4 + 1e-6));
  setClipScale(scalars, /*norm=*/4, /*largestNorm=*/0);
  EXPECT_EQ(scalars.get("clip_scale"), 1);
}

TEST(StepScalarsTest, ScalarsThatTheProgramLacksAreSkipped) {
  sluice_binary program = sluice_program;
  program.scalar_count = 1; // learning_rate
  Scalars scalars(program);
  StepSettings settings;
  settings.optimizer.learningRate = {LearningRateShape::Constant, 0.5};
  setScalarsOfStep(scalars, program, settings);
  setClipScale(scalars, 4, 1);
  EXPECT_EQ(scalars.get("learning_rate"), 0.5);
  EXPECT_FALSE(scalars.has("clip_scale"));
}

} // namespace
