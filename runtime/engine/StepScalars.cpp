//===- StepScalars.cpp - Scalars that the runtime computes ----------------===//

#include "runtime/engine/StepScalars.h"
#include "runtime/engine/LossScale.h"

#include <algorithm>
#include <cmath>

namespace sluice::runtime {

namespace {

/// What a scalar is computed from.
struct StepContext {
  const Scalars &scalars;
  const sluice_binary &program;
  const StepSettings &settings;
  int64_t updates; ///< Done so far: the steps less those that were skipped.
};

struct ComputedScalar {
  const char *name;
  double (*valueOf)(const StepContext &);
};

} // namespace

/// AdamW's moments start at zero; dividing by this undoes the bias after one more update.
static double biasCorrection(const Scalars &scalars, const char *decay, int64_t updates) {
  return scalars.has(decay) ? 1 - std::pow(scalars.get(decay), static_cast<double>(updates) + 1) : 1;
}

/// All but the clip scale, which the gradient has to be known for.
static const ComputedScalar computedScalars[] = {
    {"learning_rate",
     [](const StepContext &context) { return context.settings.optimizer.learningRate.at(context.settings.step); }},
    {"adamw_learning_rate",
     [](const StepContext &context) {
       const OptimizerOptions &optimizer = context.settings.optimizer;
       return optimizer.learningRate.scaledTo(optimizer.adamwPeak).at(context.settings.step);
     }},
    {"steps",
     [](const StepContext &context) { return static_cast<double>(context.settings.optimizer.learningRate.steps); }},
    {"bias_correction1",
     [](const StepContext &context) { return biasCorrection(context.scalars, "beta1", context.updates); }},
    {"bias_correction2",
     [](const StepContext &context) { return biasCorrection(context.scalars, "beta2", context.updates); }},
    {"loss_gradient",
     [](const StepContext &context) {
       return lossScale(context.scalars) / static_cast<double>(context.program.micro_batches);
     }},
    {"measures_accumulation",
     [](const StepContext &context) { return context.settings.measuresAccumulation ? 1.0 : 0.0; }},
    {"unclipped_scale", [](const StepContext &context) { return 1 / lossScale(context.scalars); }},
};

bool isComputedScalar(const std::string &name) {
  return name == kClipScale || std::any_of(std::begin(computedScalars), std::end(computedScalars),
                                           [&](const ComputedScalar &scalar) { return name == scalar.name; });
}

void setScalarsOfStep(Scalars &scalars, const sluice_binary &program, const StepSettings &settings, int64_t skips) {
  StepContext context{scalars, program, settings, settings.step - skips};
  for (const ComputedScalar &scalar : computedScalars)
    scalars.setIfPresent(scalar.name, scalar.valueOf(context));
}

void setClipScale(Scalars &scalars, double norm, double largestNorm) {
  double scale = largestNorm > 0 ? largestNorm / (norm + kClipEpsilon) : 1.0;
  scalars.setIfPresent(kClipScale, std::min(1.0, scale) / lossScale(scalars));
}

double clipScale(const Scalars &scalars) { return scalars.has(kClipScale) ? scalars.get(kClipScale) : 1; }

void setScalarsOfUpdate(Scalars &scalars, int64_t updates, double clipScale) {
  scalars.setIfPresent("bias_correction1", biasCorrection(scalars, "beta1", updates));
  scalars.setIfPresent("bias_correction2", biasCorrection(scalars, "beta2", updates));
  scalars.setIfPresent(kClipScale, clipScale);
}

} // namespace sluice::runtime
