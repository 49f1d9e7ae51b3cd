//===- SummaryTest.cpp ----------------------------------------------------===//
#include "MadeUpStudy.h"
#include "tools/sluice-compare/Table.h"

#include <nlohmann/json.hpp>

using namespace sluice::compare;

namespace {

class SummaryTest : public MadeUpStudy {
protected:
  nlohmann::json json(const Plan &plan) { return nlohmann::json::parse(toJson(summarize(plan), "today")); }
  std::string markdown(const Plan &plan) { return toMarkdown(summarize(plan), "today"); }
};

#define EXPECT_CONTAINS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST_F(SummaryTest, MeanAndSpreadOverSeeds) {
  Statistic one = statisticOf({2.0});
  EXPECT_EQ(one.mean, 2);
  EXPECT_FALSE(one.deviation);
  Statistic three = statisticOf({1.0, 2.0, 3.0});
  EXPECT_DOUBLE_EQ(three.mean, 2);
  EXPECT_EQ(three.deviation, 1);
  EXPECT_EQ(three.count, 3u);
}

TEST_F(SummaryTest, LossesAreComparedAtTheLeastThatWasSpent) {
  add("long").steps = 30;
  Plan plan = makePlan();
  for (TrainingRun &run : plan.getRuns())
    finish(run, run.name == "full[lr=0.003]" ? 1 : 2);
  nlohmann::json table = json(plan);
  EXPECT_EQ(table["compared_at"]["steps"], 20);
  EXPECT_EQ(table["compared_at"]["flops"], 2000);
  EXPECT_EQ(table["compared_at"]["seconds"], 2);
  EXPECT_EQ(table["best"]["full"], "full[lr=0.003]");
  const nlohmann::json &last = table["points"][2];
  EXPECT_EQ(last["name"], "long");
  EXPECT_EQ(last["final_validation_loss"]["mean"], 2);
  // Half way from 3 after 10 steps to 2 after 30.
  EXPECT_EQ(last["loss_at_equal_steps"]["mean"], 2.5);
  EXPECT_EQ(last["loss_at_equal_flops"]["mean"], 2.5);
  EXPECT_EQ(last["loss_at_equal_seconds"]["mean"], 2.5);
  EXPECT_EQ(last["ms_per_step"]["mean"], 100);
  EXPECT_FALSE(last.contains("layers_kept"));
}

TEST_F(SummaryTest, ATargetCountsOnlyWhenEverySeedReachedIt) {
  study.target = 2.5;
  Plan plan = makePlan();
  double loss = 2;
  for (TrainingRun &run : plan.getRuns())
    finish(run, loss += 0.25);
  nlohmann::json table = json(plan);
  EXPECT_EQ(table["points"][0]["steps_to_target"]["n"], 2);
  EXPECT_DOUBLE_EQ(table["points"][0]["runs"][0]["flops_to_target"], 1000 + 1000 * 0.5 / 0.75);
  EXPECT_EQ(table["points"][1]["steps_to_target"], nullptr);
  plan.getRuns()[1].log.validation.back().loss = 2.75;
  EXPECT_CONTAINS(markdown(plan), "| not reached (by 1 of 2) |");
}

TEST_F(SummaryTest, WithoutValidationCurveTrainingLossesAreSmoothed) {
  study.evalEvery = 0;
  add("short").steps = 40;
  Plan plan = makePlan();
  for (TrainingRun &run : plan.getRuns()) {
    finish(run, 2);
    run.log.validation = {run.log.end};
    for (int64_t step = 1; step <= run.steps; ++step)
      run.log.training.push_back({static_cast<double>(step), 100.0 * step, step / 10.0, step % 2 ? 1.0 : 3.0});
  }
  for (TrainingRun &run : plan.getRuns())
    run.log.end.steps = 40;
  nlohmann::json table = json(plan);
  EXPECT_EQ(table["curve"], "training");
  EXPECT_EQ(table["training_window"], 2);
  EXPECT_EQ(table["points"][2]["loss_at_equal_steps"]["mean"], 2);
}

TEST_F(SummaryTest, WhatFailedIsToldAndLeftOut) {
  add("a|b");
  Plan plan = makePlan();
  for (TrainingRun &run : plan.getRuns())
    finish(run, 2);
  fail(plan.getRuns()[0], "diverged");
  fail(plan.getRuns()[4], "not <finite>");
  fail(plan.getRuns()[5], "not <finite>");
  std::string text = markdown(plan);
  EXPECT_CONTAINS(text, "| full\\[lr=0.003\\] | 2 | 2.0000 | ");
  EXPECT_CONTAINS(text, "| full\\[lr=0.001\\] | 2 | 2.0000 (1 of 2) | ");
  EXPECT_CONTAINS(text, "| a\\|b | 2 | failed | – | ");
  EXPECT_CONTAINS(text, "- full\\[lr=0.001\\] seed 0: diverged\n");
  EXPECT_CONTAINS(text, "- a\\|b seed 1: not \\<finite\\>\n");
  nlohmann::json table = json(plan);
  EXPECT_EQ(table["points"][2]["final_validation_loss"], nullptr);
  EXPECT_EQ(table["points"][2]["runs"][1]["failed"], "not <finite>");
}

TEST_F(SummaryTest, NoLineOfATableIsLongerThan120Columns) {
  Variant &variant = add("a variant with quite a long name, so that few columns fit beside it");
  variant.changes =
      R"({"dimensions":{"layers":12,"width":64},"embedding_init":"unit","init":{"fan_in":1,"normal":null}})";
  study.target = 2.5;
  Plan plan = makePlan();
  for (TrainingRun &run : plan.getRuns())
    finish(run, 2);
  fail(plan.getRuns()[0],
       "a reason of many words, a reason of many words, a reason of many words, a reason of many words");
  std::string text = markdown(plan);
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(text).split(lines, '\n');
  for (llvm::StringRef line : lines)
    EXPECT_LE(llvm::count_if(line, [](char c) { return (c & 0xC0) != 0x80; }), 120) << line.str();
  // The columns that do not fit are below, each row under its name again.
  EXPECT_CONTAINS(text, "| variant, at its best point | seeds | final validation loss |");
  EXPECT_CONTAINS(text, "|\n\n| variant, at its best point | ");
  EXPECT_CONTAINS(text, "model.json with `{\"dimensions\":{\"layers\":12,\n  \"width\":64},");
  EXPECT_CONTAINS(text, "a reason of many\n  words\n");
}

TEST_F(SummaryTest, AStudyOfFailuresHasATable) {
  Plan plan = makePlan();
  for (TrainingRun &run : plan.getRuns())
    fail(run, "diverged");
  EXPECT_CONTAINS(markdown(plan), "## Failed runs");
  EXPECT_EQ(json(plan)["compared_at"]["steps"], 0);
}

} // namespace
