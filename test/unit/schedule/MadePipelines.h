//===- MadePipelines.h - Pipelines that tests prove -----------------------------------===//
#ifndef SLUICE_TEST_UNIT_SCHEDULE_MADEPIPELINES_H
#define SLUICE_TEST_UNIT_SCHEDULE_MADEPIPELINES_H

#include "passes/Schedule/Generators.h"
#include "passes/Schedule/Verify.h"
#include "gtest/gtest.h"
#include <functional>
#include <string>

namespace sluice::schedule {

inline const char *const allSchedules[] = {"sequential", "gpipe", "1f1b", "zero-bubble"};

inline GeneratorOptions optionsOf(const std::string &schedule, int stages, int microBatches, int replicas = 1,
                                  int groups = 0) {
  GeneratorOptions options;
  options.schedule = schedule;
  options.stages = stages;
  options.microBatches = microBatches;
  options.replicas = replicas;
  options.groups = groups;
  return options;
}

inline Pipeline make(const GeneratorOptions &options) {
  Pipeline pipeline;
  auto error = generate(options, pipeline);
  EXPECT_FALSE(error) << error->text;
  return pipeline;
}

/// Costs of stages that are all alike.
inline Costs equalCosts(int stages, double forward, double backward) {
  StageCosts costs;
  costs.forward = forward;
  costs.backward = backward;
  costs.backwardWeight = backward / 2;
  return {std::vector<StageCosts>(stages, costs), 0};
}

inline Proof prove(const Pipeline &pipeline, const Costs &costs = {}) {
  Proof proof;
  auto error = verify(pipeline, costs, proof);
  EXPECT_FALSE(error) << error->text;
  return proof;
}

/// Why a pipeline is refused; "" and a failed test if it is not.
inline std::string refusal(const Pipeline &pipeline) {
  Proof proof;
  auto error = verify(pipeline, {}, proof);
  EXPECT_TRUE(error) << "expected a refusal";
  return error ? error->text : "";
}

/// The position of the first action that a test is about.
inline int find(const Pipeline &pipeline, int device, const std::function<bool(const Action &)> &isIt) {
  const std::vector<Action> &body = pipeline.programs[device].body;
  for (size_t index = 0; index < body.size(); ++index)
    if (isIt(body[index]))
      return int(index);
  ADD_FAILURE() << "no such action";
  return 0;
}

inline std::vector<Action> &bodyOf(Pipeline &pipeline, int device) { return pipeline.programs[device].body; }

inline int findRun(const Pipeline &pipeline, int device, RunKind kind, int microBatch) {
  return find(pipeline, device, [&](const Action &action) {
    return action.kind == ActionKind::Run && action.run == kind && action.microBatch == microBatch;
  });
}

inline int findKind(const Pipeline &pipeline, int device, ActionKind kind) {
  return find(pipeline, device, [&](const Action &action) { return action.kind == kind; });
}

inline int findMessage(const Pipeline &pipeline, int device, ActionKind kind, Role role) {
  return find(pipeline, device, [&](const Action &action) {
    return action.kind == kind && pipeline.channels[action.channel].role == role;
  });
}

inline Pipeline makeTied(const char *schedule, int stages, int microBatches, int replicas = 1) {
  GeneratorOptions options = optionsOf(schedule, stages, microBatches, replicas);
  options.tied = {{0, stages - 1}};
  return make(options);
}

} // namespace sluice::schedule

#endif // SLUICE_TEST_UNIT_SCHEDULE_MADEPIPELINES_H
