//===- RunSettingsTest.cpp - Tests of settings in checkpoints -------------===//

#include "runtime/train/RunSettings.h"

#include "FakeProgram.h"
#include "TestFiles.h"

#include <cmath>

using namespace sluice::runtime;

namespace {

using Lines = std::vector<std::string>;

/// Every setting another than its default.
TrainOptions unusual() {
  TrainOptions options;
  options.optimizer.learningRate = {LearningRateShape::Wsd, 0.1 + 0.2, 1e-7, 3, 77};
  options.optimizer.adamwPeak = 1.0 / 3;
  options.optimizer.gradientClip = 0;
  options.data.validationFraction = 0.3;
  options.synchronousWarmup = "25%";
  options.evalEvery = 5;
  options.evalBatches = 6;
  options.checkpointEvery = 7;
  return options;
}

TEST(RunSettingsTest, AllSettingsComeBackToTheLastBit) {
  SettingMap saved = settingsOf(sluice_program, unusual());
  TrainOptions options;
  SettingMap own = settingsOf(sluice_program, options);
  ASSERT_EQ(saved.size(), own.size());
  for (const auto &[flag, text] : saved)
    EXPECT_NE(text, own[flag]) << flag;
  ResumedSettings result = resumeSettings(sluice_program, options, saved, {});
  EXPECT_EQ(settingsOf(sluice_program, options), saved);
  EXPECT_EQ(options.optimizer.learningRate.peak, 0.1 + 0.2);
  EXPECT_EQ(options.optimizer.learningRate.shape, LearningRateShape::Wsd);
  EXPECT_EQ(options.optimizer.gradientClip, 0);
  EXPECT_EQ(result.changes, Lines{});
  EXPECT_EQ(result.taken.size(), saved.size());
}

TEST(RunSettingsTest, AFlagThatDiffersIsSaidAndHolds) {
  SettingMap saved = settingsOf(sluice_program, unusual());
  saved["lr"] = "0.005";
  TrainOptions options = unusual();
  options.optimizer.learningRate.peak = 1e-3;
  options.data.validationFraction.reset();
  ResumedSettings result = resumeSettings(sluice_program, options, saved, {"lr", "warmup", "val-fraction"});
  EXPECT_EQ(result.changes, (Lines{"--lr 0.005 -> 0.001", "--val-fraction 0.3 -> none"}));
  EXPECT_EQ(result.taken, Lines{});
  EXPECT_EQ(options.optimizer.learningRate.peak, 1e-3);
}

TEST(RunSettingsTest, TheClipOfTheRunHoldsInAProgramOfAnotherDefault) {
  SettingMap saved = settingsOf(sluice_program, {});
  EXPECT_EQ(saved["grad-clip"], "1"); // the program's
  saved["grad-clip"] = "0.5";
  TrainOptions options;
  EXPECT_EQ(resumeSettings(sluice_program, options, saved, {}).taken, Lines{"--grad-clip=0.5"});
  EXPECT_EQ(options.optimizer.gradientClip, 0.5);
}

TEST(RunSettingsTest, ScalarsAreSettingsToo) {
  Scalars scalars(sluice_program);
  scalars.setByUser("beta1", 0.8);
  SettingMap saved = scalarsOf(sluice_program, scalars);
  EXPECT_EQ(saved.count("learning_rate"), 0u); // it is computed
  EXPECT_EQ(saved["share"], "auto");
  EXPECT_EQ(saved["beta1"], "0.8");
  saved["theta"] = "0.5";
  saved["loss_scale"] = "2";
  Scalars resumed(sluice_program);
  resumed.setByUser("share", 0.25);
  resumed.setByUser("loss_scale", 4);
  ResumedSettings result = resumeScalars(sluice_program, resumed, saved, {{"loss_scale", "--set loss_scale"}});
  EXPECT_EQ(result.changes, (Lines{"--set loss_scale 2 -> 4", "--set theta 0.5 -> not used by this program"}));
  EXPECT_EQ(result.taken, (Lines{"--set beta1=0.8", "--set share=auto"}));
  EXPECT_EQ(resumed.get("beta1"), 0.8);
  EXPECT_EQ(resumed.get("loss_scale"), 4);
  EXPECT_TRUE(std::isnan(resumed.get("share")));
}

TEST(RunSettingsTest, RefusesWhatIsNoValue) {
  TrainOptions options;
  Scalars scalars(sluice_program);
  SettingMap saved = settingsOf(sluice_program, options);
  saved["warmup"] = "3x";
  EXPECT_MESSAGE(Error, resumeSettings(sluice_program, options, saved, {}), "says '3x' of 'warmup'");
  saved.erase("warmup");
  EXPECT_MESSAGE(Error, resumeSettings(sluice_program, options, saved, {}), "does not say 'warmup'");
  EXPECT_MESSAGE(Error, resumeScalars(sluice_program, scalars, {{"beta1", "much"}}, {}), "which is no number");
}

} // namespace
