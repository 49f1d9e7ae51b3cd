//===- LearningRateTest.cpp -----------------------------------------------===//
#include "runtime/engine/LearningRate.h"

#include "TestFiles.h"

#include <cmath>

using namespace sluice::runtime;

static LearningRateSchedule schedule(LearningRateShape shape) {
  LearningRateSchedule result;
  result.shape = shape;
  result.peak = 1.0;
  result.minimum = 0.1;
  result.warmup = 4;
  result.steps = 25;
  return result;
}

TEST(LearningRate, EveryShapeWarmsUpAlike) {
  for (auto shape :
       {LearningRateShape::Cosine, LearningRateShape::Linear, LearningRateShape::Constant, LearningRateShape::Wsd}) {
    LearningRateSchedule rate = schedule(shape);
    rate.check();
    EXPECT_EQ(rate.at(0), 0.25);
    EXPECT_EQ(rate.at(1), 0.5);
    EXPECT_EQ(rate.at(3), 1.0);
    EXPECT_EQ(rate.at(4), 1.0);
  }
}

TEST(LearningRate, AnotherPeakKeepsTheShape) {
  LearningRateSchedule rate = schedule(LearningRateShape::Cosine), scaled = rate.scaledTo(4);
  for (int64_t step : {0, 4, 10, 24})
    EXPECT_DOUBLE_EQ(scaled.at(step), 4 * rate.at(step));
  rate.peak = rate.minimum = 0;
  EXPECT_EQ(rate.scaledTo(4).at(24), 0);
}

TEST(LearningRate, DecaysToTheMinimumAtTheLastStep) {
  for (auto shape : {LearningRateShape::Cosine, LearningRateShape::Linear, LearningRateShape::Wsd}) {
    LearningRateSchedule rate = schedule(shape);
    EXPECT_EQ(rate.at(24), 0.1);
    EXPECT_EQ(rate.at(100), 0.1);
    for (int64_t step = 5; step < 25; ++step)
      EXPECT_LE(rate.at(step), rate.at(step - 1));
  }
  EXPECT_EQ(schedule(LearningRateShape::Constant).at(24), 1.0);
}

TEST(LearningRate, Shapes) {
  EXPECT_NEAR(schedule(LearningRateShape::Cosine).at(14), 0.55, 1e-12); // half-way
  EXPECT_NEAR(schedule(LearningRateShape::Cosine).at(9), 0.1 + 0.45 * (1 + std::sqrt(0.5)), 1e-12);
  EXPECT_NEAR(schedule(LearningRateShape::Linear).at(9), 0.775, 1e-12);
  LearningRateSchedule wsd = schedule(LearningRateShape::Wsd); // decays over the last 5 of 25 steps
  EXPECT_EQ(wsd.at(19), 1.0);
  EXPECT_NEAR(wsd.at(20), 0.82, 1e-12);
  EXPECT_NEAR(wsd.at(23), 0.28, 1e-12);
}

TEST(LearningRate, ShortRuns) {
  LearningRateSchedule rate;
  rate.peak = 1.0;
  rate.steps = 1;
  EXPECT_EQ(rate.at(0), 1.0);
  rate.steps = 2;
  EXPECT_EQ(rate.at(0), 1.0);
  EXPECT_EQ(rate.at(1), 0.0);
  rate.warmup = 10; // longer than the run
  EXPECT_EQ(rate.at(1), 0.2);
}

TEST(LearningRate, RefusesBadValues) {
  EXPECT_EQ(parseLearningRateShape("wsd"), LearningRateShape::Wsd);
  EXPECT_MESSAGE(Error, parseLearningRateShape("cosin"), "'cosin', expected cosine, linear, constant or wsd");
  auto refused = [](auto change, const char *text) {
    LearningRateSchedule rate = schedule(LearningRateShape::Cosine);
    change(rate);
    EXPECT_MESSAGE(Error, rate.check(), text);
  };
  refused([](auto &rate) { rate.peak = -1; }, "at least 0");
  refused([](auto &rate) { rate.peak = NAN; }, "finite");
  refused([](auto &rate) { rate.minimum = INFINITY; }, "finite");
  refused([](auto &rate) { rate.minimum = 2; }, "above the learning rate");
  refused([](auto &rate) { rate.warmup = -1; }, "warm-up steps is negative");
  refused([](auto &rate) { rate.steps = -1; }, "steps is negative");
  refused([](auto &rate) { rate.decayFraction = 1.5; }, "from 0 to 1");
}
