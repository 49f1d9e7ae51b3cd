//===- StepRate.cpp - How fast steps are made -----------------------------===//

#include "runtime/train/StepRate.h"

#include <algorithm>

namespace sluice::runtime {

/// What the last seconds are, and how close marks lie.
static constexpr double kWindow = 5, kApart = 0.05;

void StepRate::add(double seconds, int64_t tokens) {
  // Never zero, which rates are divided by: a clock may have coarse ticks.
  last.seconds += std::max(seconds, 1e-9);
  last.steps += 1;
  last.tokens += tokens;
  // From the second step on the first one is behind the oldest mark.
  if (last.steps == 2)
    marks.front() = {last.seconds - std::max(seconds, 1e-9), 1, last.tokens - tokens};
  if (last.seconds - marks.back().seconds >= kApart && last.steps > 1)
    marks.push_back(last);
  // The oldest mark is the last one that lies as far back as the window, or the one before the last step.
  while (marks.size() > 2 && marks[1].seconds <= last.seconds - kWindow)
    marks.pop_front();
}

double StepRate::secondsPerStep() const {
  int64_t steps = last.steps - marks.front().steps;
  return steps > 0 ? (last.seconds - marks.front().seconds) / static_cast<double>(steps) : 0;
}

double StepRate::tokensPerSecond() const {
  double seconds = last.seconds - marks.front().seconds;
  return seconds > 0 ? static_cast<double>(last.tokens - marks.front().tokens) / seconds : 0;
}

} // namespace sluice::runtime
