//===- MadeUpStudy.h - A study whose runs are made up -----------*- C++ -*-===//
#ifndef SLUICE_TEST_UNIT_COMPARE_MADEUPSTUDY_H
#define SLUICE_TEST_UNIT_COMPARE_MADEUPSTUDY_H

#include "tools/sluice-compare/Plan.h"

#include <gtest/gtest.h>

namespace sluice::compare {

/// Variants of one description: `full` with two learning rates, and those that a test adds. Nothing is on disk.
class MadeUpStudy : public ::testing::Test {
protected:
  MadeUpStudy() : folder("/nonexistent") {
    study.name = "made up";
    study.evalEvery = 10;
    add("full").grid = {{"lr", {"0.001", "0.003"}}};
  }

  Variant &add(const std::string &name) {
    Variant &variant = study.variants.emplace_back();
    variant.name = name;
    variant.description = "{}";
    variant.descriptionFile = "model.json";
    variant.seeds = {0, 1};
    variant.steps = 20;
    return variant;
  }

  /// A plan whose binaries need `flopsPerStep`, those compiled with flags half of it.
  Plan makePlan(llvm::ArrayRef<std::string> only = {}, double flopsPerStep = 100) {
    Plan plan(study, only, 1, folder);
    for (Binary &binary : plan.getBinaries()) {
      binary.isCompiled = true;
      binary.flopsPerStep = binary.flags.list().empty() ? flopsPerStep : flopsPerStep / 2;
    }
    plan.resolve();
    return plan;
  }

  /// The run comes to its end with this loss, from 3 after 10 steps. Ten steps are a second.
  static void finish(TrainingRun &run, double loss) {
    double steps = static_cast<double>(run.steps), flops = run.binary->flopsPerStep;
    run.state = TrainingRun::State::Done;
    run.log.end = {steps, flops * steps, steps / 10, loss};
    run.log.validation = {{10, flops * 10, 1, 3}, run.log.end};
  }

  static void fail(TrainingRun &run, const std::string &failure) {
    run.state = TrainingRun::State::Failed;
    run.failure = failure;
  }

  Study study;
  OutputFolder folder;
};

} // namespace sluice::compare

#endif // SLUICE_TEST_UNIT_COMPARE_MADEUPSTUDY_H
