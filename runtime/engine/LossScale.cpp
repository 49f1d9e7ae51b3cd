//===- LossScale.cpp - A loss scale that follows the gradients ------------===//

#include "runtime/engine/LossScale.h"

#include <charconv>
#include <cmath>

namespace sluice::runtime {

/// Beyond it nothing is gained, and small clipping factors would lose bits when they are divided by the scale.
static constexpr double kLargestGrown = 16777216;

bool isPowerOfTwo(double value) {
  int exponent = 0;
  return value > 0 && std::isfinite(value) && std::frexp(value, &exponent) == 0.5;
}

double lossScale(const Scalars &scalars) { return scalars.has(kLossScale) ? scalars.get(kLossScale) : 1; }

bool hasDynamicLossScale(const sluice_binary &program) { return Scalars(program).has(kLossScaleInterval); }

std::string scaleText(double scale) {
  char digits[32];
  return std::string(digits, std::to_chars(digits, digits + sizeof(digits), scale).ptr);
}

std::string lossScaleText(const sluice_binary &program) {
  if (hasDynamicLossScale(program))
    return "dynamic";
  double scale = lossScale(Scalars(program));
  return scale == 1 ? "none" : scaleText(scale);
}

LossScaleState LossScale::state() const {
  LossScaleState state = counters;
  state.scale = lossScale(scalars);
  return state;
}

void LossScale::resume(const LossScaleState &saved) {
  counters.skips = saved.skips;
  if (!dynamic)
    return;
  counters = saved;
  scalars.setIfPresent(kLossScale, saved.scale);
}

void LossScale::set(double scale) {
  scalars.setIfPresent(kLossScale, scale);
  counters.cleanSteps = 0;
}

void LossScale::follow(bool isSkipped) {
  if (!dynamic)
    return;
  if (isSkipped) {
    ++counters.skips;
    ++counters.skipsInARow;
    set(lossScale(scalars) / 2);
    return;
  }
  counters.skipsInARow = 0;
  ++counters.cleanSteps;
  if (static_cast<double>(counters.cleanSteps) >= scalars.get(kLossScaleInterval) && lossScale(scalars) < kLargestGrown)
    set(lossScale(scalars) * 2);
}

} // namespace sluice::runtime
