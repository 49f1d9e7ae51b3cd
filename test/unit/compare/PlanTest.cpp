//===- PlanTest.cpp -------------------------------------------------------===//
#include "MadeUpStudy.h"

using namespace sluice::compare;

namespace {

class PlanTest : public MadeUpStudy {};

TEST_F(PlanTest, AGridIsAProductWhoseKeysAreFlags) {
  Variant &sweep = add("sweep");
  sweep.runFlags.add("--lr=1");
  sweep.grid = {{"lr", {"0.1", "0.2"}}, {"set.lambda", {"5"}}, {"compile.dropout", {"0", "0.5"}}};
  Plan plan = makePlan({"sweep"});
  ASSERT_EQ(plan.getPoints().size(), 4u);
  const Point &point = plan.getPoints()[1];
  EXPECT_EQ(point.name, "sweep[lr=0.1,set.lambda=5,compile.dropout=0.5]");
  EXPECT_EQ(point.flags.text(), "--lr=0.1 --set=lambda=5");
  EXPECT_EQ(point.binary->flags.text(), "--dropout=0.5");
  EXPECT_EQ(plan.getBinaries().size(), 2u);
  EXPECT_EQ(plan.getRuns().size(), 8u);
}

TEST_F(PlanTest, EqualRunsOfVariantsAreOne) {
  Variant &same = add("same");
  same.runFlags.add("--lr=0.001");
  same.seeds = {1, 2};
  Plan plan = makePlan();
  EXPECT_EQ(plan.getRuns().size(), 5u);
  EXPECT_EQ(plan.getPoints()[0].runs[1].run, plan.getPoints()[2].runs[0].run);
}

TEST_F(PlanTest, TheBestPointIsRunWithMoreSeeds) {
  Variant &best = add("best");
  best.bestOf = 0;
  best.seeds = {0, 1, 2};
  Plan plan = makePlan();
  const Point &point = plan.getPoints()[2];
  EXPECT_TRUE(point.runs.empty());
  EXPECT_EQ(plan.expectedRuns(), 7u);
  for (TrainingRun &run : plan.getRuns())
    finish(run, run.name == "full[lr=0.003]" ? 1 : 2);
  plan.resolve();
  EXPECT_EQ(point.name, "best[lr=0.003]");
  ASSERT_EQ(point.runs.size(), 3u);
  EXPECT_TRUE(point.runs[0].isDone());
  EXPECT_TRUE(point.runs[2].isPending());
  EXPECT_EQ(plan.getRuns().size(), 5u);
}

TEST_F(PlanTest, APointWithAFailedRunIsNotTheBest) {
  add("best").bestOf = 0;
  Plan plan = makePlan();
  for (TrainingRun &run : plan.getRuns())
    finish(run, run.name == "full[lr=0.003]" ? 1 : 2);
  fail(plan.getRuns().back(), "diverged");
  plan.resolve();
  EXPECT_EQ(plan.getPoints()[2].name, "best[lr=0.001]");
  for (TrainingRun &run : plan.getRuns())
    fail(run, "diverged");
  Plan failed = makePlan();
  for (TrainingRun &run : failed.getRuns())
    fail(run, "diverged");
  failed.resolve();
  EXPECT_EQ(failed.getPoints()[2].runs[0].reason(), "no point of 'full' has all of its runs done");
}

TEST_F(PlanTest, EqualFlopsOfTheEqualPointAndSeed) {
  Variant &control = add("control");
  control.compileFlags.add("--half");
  control.grid = {{"lr", {"0.001", "0.1"}}};
  control.seeds = {0, 1, 2};
  control.equalFlopsOf = 0;
  Plan plan = makePlan();
  for (TrainingRun &run : plan.getRuns())
    finish(run, run.name == "full[lr=0.003]" ? 1 : 2);
  // As a run that drops layers spends what chance has it.
  plan.getRuns()[1].log.end.flops = 1000;
  plan.getRuns()[2].log.end.flops = 3000;
  plan.resolve();
  auto steps = [&](size_t point, size_t seed) { return plan.getPoints()[point].runs[seed].run->steps; };
  EXPECT_EQ(plan.getPoints()[2].name, "control[lr=0.001]");
  EXPECT_EQ(steps(2, 0), 40);
  EXPECT_EQ(steps(2, 1), 20);
  EXPECT_EQ(steps(2, 2), 30); // the mean: the reference has no such seed
  // No point of the reference has that rate: its best one stands for it.
  EXPECT_EQ(steps(3, 0), 60);
  EXPECT_EQ(steps(3, 1), 40);
}

TEST_F(PlanTest, AReferenceThatFailedFailsItsControl) {
  Variant &control = add("control");
  control.equalFlopsOf = 0;
  Plan plan = makePlan();
  for (TrainingRun &run : plan.getRuns())
    fail(run, "diverged");
  plan.resolve();
  ASSERT_EQ(plan.getPoints()[2].runs.size(), 2u);
  EXPECT_TRUE(plan.getPoints()[2].hasEnded());
  EXPECT_EQ(plan.getPoints()[2].runs[0].reason(), "no point of 'full' has all of its runs done");
}

TEST_F(PlanTest, OnlySomeVariantsWithThoseTheyReferTo) {
  add("control").equalFlopsOf = 0;
  add("best").bestOf = 1;
  add("other");
  Plan plan = makePlan({"best"});
  std::vector<std::string> names;
  for (const Variant *variant : plan.variants())
    names.push_back(variant->name);
  EXPECT_EQ(names, std::vector<std::string>({"full", "control", "best"}));
}

} // namespace
