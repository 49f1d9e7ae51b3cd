//===- RunLogTest.cpp -----------------------------------------------------===//
#include "tools/sluice-compare/RunLog.h"
#include "TestFiles.h"

using namespace sluice::compare;

namespace {

class RunLogTest : public sluice::runtime::FilesTest {
protected:
  RunLog read(const std::string &content) {
    llvm::Expected<RunLog> log = readRunLog(put("log.jsonl", content), 1000);
    if (log)
      return *log;
    ADD_FAILURE() << llvm::toString(log.takeError());
    return {};
  }
};

Curve line(std::initializer_list<double> losses) {
  Curve curve;
  for (double loss : losses) {
    double steps = static_cast<double>(curve.size() + 1);
    curve.push_back({steps, 1000 * steps, steps / 2, loss});
  }
  return curve;
}

TEST_F(RunLogTest, WhatARunSpentAndReached) {
  RunLog log = read(R"({"step": 0, "loss": 5.5, "ms": 500}
{"step": 1, "loss": 5.0, "ms": 250, "val_loss": 4.5}
{"step": 2, "loss": 4.0, "ms": 250}
{"step": 3, "val_loss": 3.5}
)");
  EXPECT_TRUE(log.isComplete);
  EXPECT_EQ(log.end.steps, 3);
  EXPECT_EQ(log.end.flops, 3000);
  EXPECT_EQ(log.end.seconds, 1);
  EXPECT_EQ(log.end.loss, 3.5);
  EXPECT_FALSE(log.layersKept);
  ASSERT_EQ(log.training.size(), 3u);
  EXPECT_EQ(log.training[0].steps, 1);
  // The validation loss of a line is that of the weights before its step.
  ASSERT_EQ(log.validation.size(), 2u);
  EXPECT_EQ(log.validation[0].steps, 1);
  EXPECT_EQ(log.validation[0].seconds, 0.5);
  EXPECT_EQ(log.validation[1].flops, 3000);
}

TEST_F(RunLogTest, FlopsAndLayersOfTheStepsThatTellThem) {
  RunLog log = read(R"({"step": 0, "loss": 5, "ms": 1, "flops": 400, "layers_kept": 2}
{"step": 1, "loss": 5, "ms": 1, "flops": 700, "layers_kept": 5}
)");
  EXPECT_FALSE(log.isComplete);
  EXPECT_EQ(log.end.flops, 1100);
  EXPECT_EQ(log.layersKept, 3.5);
}

TEST_F(RunLogTest, ALineWithoutAStepIsAnError) {
  llvm::Expected<RunLog> log = readRunLog(put("log.jsonl", "{\"step\": 0, \"loss\": 5}\nbroken\n"), 1000);
  ASSERT_FALSE(log);
  EXPECT_NE(llvm::toString(log.takeError()).find("to hold lines with a step, found 'broken'"), std::string::npos);
}

TEST_F(RunLogTest, TheLastStepOfAGrowingLog) {
  EXPECT_FALSE(lastStepOf(path("nothing")));
  std::string text;
  for (int step = 0; step < 500; ++step)
    text += "{\"step\": " + std::to_string(step) + ", \"loss\": 2.5}\n";
  std::optional<CurvePoint> last = lastStepOf(put("log.jsonl", text + "{\"step\": 500, \"lo"));
  ASSERT_TRUE(last);
  EXPECT_EQ(last->steps, 500);
  EXPECT_EQ(last->loss, 2.5);
}

TEST(CurveTest, SmoothingTakesMeansOfWholeWindows) {
  Curve smoothed = smooth(line({4, 2, 6, 1}), 2);
  ASSERT_EQ(smoothed.size(), 3u);
  EXPECT_EQ(smoothed[0].steps, 2);
  EXPECT_EQ(smoothed[0].loss, 3);
  EXPECT_EQ(smoothed[1].loss, 4);
  EXPECT_EQ(smoothed[2].loss, 3.5);
  EXPECT_TRUE(smooth(line({4}), 2).empty());
}

TEST(CurveTest, LossesBetweenPointsAndNoneOutside) {
  Curve curve = line({4, 2, 1});
  EXPECT_EQ(lossAt(curve, &CurvePoint::steps, 1), 4);
  EXPECT_EQ(lossAt(curve, &CurvePoint::flops, 1250), 3.5);
  EXPECT_EQ(lossAt(curve, &CurvePoint::seconds, 1.5), 1);
  EXPECT_FALSE(lossAt(curve, &CurvePoint::steps, 0.5));
  EXPECT_FALSE(lossAt(curve, &CurvePoint::steps, 3.5));
  EXPECT_FALSE(lossAt({}, &CurvePoint::steps, 1));
}

TEST(CurveTest, WhereALossIsFirstReached) {
  Curve curve = line({4, 2, 3, 1});
  EXPECT_EQ(firstBelow(curve, &CurvePoint::steps, 2.5), 1.75);
  EXPECT_EQ(firstBelow(curve, &CurvePoint::flops, 2), 2000);
  EXPECT_EQ(firstBelow(curve, &CurvePoint::seconds, 5), 0.5);
  EXPECT_FALSE(firstBelow(curve, &CurvePoint::steps, 0.5));
}

} // namespace
