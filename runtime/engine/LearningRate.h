//===- LearningRate.h - Learning-rate schedules -----------------*- C++ -*-===//
#ifndef SLUICE_RUNTIME_ENGINE_LEARNINGRATE_H
#define SLUICE_RUNTIME_ENGINE_LEARNINGRATE_H

#include <cstdint>
#include <string>

namespace sluice::runtime {

enum class LearningRateShape {
  Cosine,   ///< half a cosine from peak to minimum
  Linear,   ///< a straight line from peak to minimum
  Constant, ///< the peak
  Wsd       ///< warm-up, stable, decay: the peak, then a straight line to the minimum over the last part
};

/// "cosine", "linear", "constant" or "wsd"; anything else is an Error.
LearningRateShape parseLearningRateShape(const std::string &name);
const char *nameOf(LearningRateShape shape);

struct LearningRateSchedule {
  LearningRateShape shape = LearningRateShape::Cosine;
  double peak = 3e-4;
  double minimum = 0;         ///< reached exactly at the last step, unless constant
  int64_t warmup = 0;         ///< steps
  int64_t steps = 1;          ///< of the whole run
  double decayFraction = 0.2; ///< of the steps, for Wsd

  /// Error where a rate is negative or not finite, the minimum is above the peak, a count is negative, or the decay
  /// fraction is not in [0, 1].
  void check() const;

  /// The same shape with another peak: the minimum keeps its ratio to the peak.
  LearningRateSchedule scaledTo(double newPeak) const;

  /// The rate of a step, from 0. Warm-up is linear: peak * (step + 1) / warmup. Where a single step follows the
  /// warm-up, it takes the peak; steps after the last one keep the last one's rate.
  double at(int64_t step) const;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_LEARNINGRATE_H
