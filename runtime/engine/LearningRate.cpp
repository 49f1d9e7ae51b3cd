//===- LearningRate.cpp - Learning-rate schedules -------------------------===//
#include "runtime/engine/LearningRate.h"

#include "runtime/Error.h"

#include <algorithm>
#include <cmath>

namespace sluice::runtime {

namespace {
struct ShapeName {
  LearningRateShape shape;
  const char *name;
};
} // namespace

static const ShapeName shapeNames[] = {{LearningRateShape::Cosine, "cosine"},
                                       {LearningRateShape::Linear, "linear"},
                                       {LearningRateShape::Constant, "constant"},
                                       {LearningRateShape::Wsd, "wsd"}};

LearningRateShape parseLearningRateShape(const std::string &name) {
  for (const ShapeName &shape : shapeNames)
    if (name == shape.name)
      return shape.shape;
  throw Error("unknown learning-rate schedule '" + name + "', expected cosine, linear, constant or wsd");
}

const char *nameOf(LearningRateShape shape) {
  for (const ShapeName &candidate : shapeNames)
    if (candidate.shape == shape)
      return candidate.name;
  __builtin_unreachable();
}

void LearningRateSchedule::check() const {
  if (!(std::isfinite(peak) && peak >= 0))
    throw Error("the learning rate has to be finite and at least 0");
  if (!(std::isfinite(minimum) && minimum >= 0))
    throw Error("the minimum learning rate has to be finite and at least 0");
  if (minimum > peak)
    throw Error("the minimum learning rate is above the learning rate");
  if (warmup < 0)
    throw Error("the number of warm-up steps is negative");
  if (steps < 0)
    throw Error("the number of steps is negative");
  if (!(decayFraction >= 0 && decayFraction <= 1))
    throw Error("the part of the steps in which the learning rate decays has to be from 0 to 1");
}

LearningRateSchedule LearningRateSchedule::scaledTo(double newPeak) const {
  LearningRateSchedule scaled = *this;
  // From a peak of 0 there is no ratio to keep.
  scaled.minimum = peak > 0 ? minimum / peak * newPeak : 0;
  scaled.peak = newPeak;
  return scaled;
}

double LearningRateSchedule::at(int64_t step) const {
  if (step < warmup)
    return peak * static_cast<double>(step + 1) / static_cast<double>(warmup);

  // The decay goes from its first step, still at the peak, to the last step of the run.
  int64_t last = steps - 1;
  int64_t first = warmup;
  if (shape == LearningRateShape::Wsd)
    first = std::max(warmup, last - static_cast<int64_t>(decayFraction * static_cast<double>(steps)));
  if (shape == LearningRateShape::Constant || step <= first || last <= first)
    return peak;
  if (step >= last)
    return minimum;
  double progress = static_cast<double>(step - first) / static_cast<double>(last - first);
  double height =
      shape == LearningRateShape::Cosine ? 0.5 * (1.0 + std::cos(3.14159265358979323846 * progress)) : 1.0 - progress;
  return minimum + (peak - minimum) * height;
}

} // namespace sluice::runtime
