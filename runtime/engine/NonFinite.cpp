//===- NonFinite.cpp - Stops at numbers that are not finite ---------------===//

#include "runtime/engine/NonFinite.h"
#include "runtime/Error.h"
#include "runtime/engine/Program.h"

#include <cmath>
#include <string>

namespace sluice::runtime {

bool isFinite(const sluice_binary &program, const StepMetrics &metrics, const StepResult &result) {
  for (int32_t m = 0; m < program.micro_batches; ++m)
    if (!std::isfinite(metrics.lossOf(m)))
      return false;
  return std::isfinite(result.gradientNorm) && std::isfinite(result.unclippedGradientNorm.value_or(0));
}

std::string findNonFiniteGradient(const sluice_binary &program, Device &memory, int32_t stage) {
  for (uint32_t i = 0; i < program.parameter_count; ++i) {
    const sluice_parameter &parameter = program.parameters[i];
    if (parameter.gradient < 0 || parameter.copy_of >= 0 || (stage >= 0 && parameter.stage != stage))
      continue;
    memory.fetchPersistent(parameter.stage, parameter.gradient, parameter.tensor.bytes);
    const char *gradient = memory.persistent() + parameter.gradient;
    for (int64_t e = 0, count = elementCount(parameter.tensor); e < count; ++e)
      if (double value = readElement(parameter.tensor.element, gradient, e); !std::isfinite(value))
        return std::string(parameter.tensor.name) + " (element " + std::to_string(e) + " is " + std::to_string(value) +
               ")";
  }
  return "";
}

/// Where a run stops: "step 10: after 10 skipped steps in a row: ".
static std::string placeOf(const StepSettings &settings, int64_t skips) {
  std::string place = "step " + std::to_string(settings.step) + ": ";
  if (skips > 0)
    place += "after " + std::to_string(skips) + " skipped steps in a row: ";
  return place;
}

void reportSaturated(const RoundingCounts &counts, const StepSettings &settings, int64_t skips) {
  throw RunError(placeOf(settings, skips) + "gradients exceed the format that they are rounded to (elements: " +
                 std::to_string(counts.saturatedErrors) + ")");
}

void reportNonFinite(const sluice_binary &program, const StepMetrics &metrics, const Replicas &replicas,
                     Executor &executor, const StepSettings &settings, int64_t skips) {
  // The gradients at hand are sums over micro-batches, which do not say whose they are.
  std::string where = placeOf(settings, skips);
  int64_t perReplica = program.micro_batches / program.replicas;
  for (int32_t m = 0; m < program.micro_batches; ++m) {
    executor.computeGradientOf(m, settings);
    std::string gradient = findNonFiniteGradient(program, *replicas[m / perReplica]);
    double loss = metrics.lossOf(m);
    bool lossIsFinite = std::isfinite(loss);
    if (lossIsFinite && gradient.empty())
      continue;
    std::string message = where + "micro-batch " + std::to_string(m) + ": " +
                          (lossIsFinite ? "the gradient is not finite" : "the loss is " + std::to_string(loss));
    throw RunError(message + (gradient.empty() ? "; its gradients are finite"
                                               : "; the first gradient that is not finite is that of " + gradient));
  }
  throw RunError(where + "the sum of the gradients over the micro-batches is not finite, though each of them is");
}

} // namespace sluice::runtime
