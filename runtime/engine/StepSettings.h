//===- StepSettings.h - What a training step is told ------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_ENGINE_STEPSETTINGS_H
#define SLUICE_RUNTIME_ENGINE_STEPSETTINGS_H

#include "runtime/engine/LearningRate.h"
#include "runtime/engine/Seeds.h"

#include <cstdint>
#include <functional>
#include <optional>

namespace sluice::runtime {

/// Fills tokens and targets (batch x sequence elements each) with a micro-batch of the step.
using LoadFunction = std::function<void(int64_t microBatch, int32_t *tokens, int32_t *targets)>;

/// How parameters are updated, beyond the scalars that are set once for a run.
struct OptimizerOptions {
  LearningRateSchedule learningRate;  ///< Its `steps` is the length of the run.
  double adamwPeak = 1e-3;            ///< Peak rate of AdamW beside another optimizer, with the same schedule.
  std::optional<double> gradientClip; ///< Largest global norm of the gradient; 0: no clipping. Default: the program's.
};

/// What a run and the step at hand ask of the engine.
struct StepSettings {
  OptimizerOptions optimizer;
  Seeds seeds;
  int64_t step = 0;                  ///< Optimizer steps done before this one.
  bool detail = false;               ///< Whether to describe the layers; costs a copy of the parameters.
  bool measuresAccumulation = false; ///< Whether to compare sums of products with exact ones, if the program can.
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_STEPSETTINGS_H
