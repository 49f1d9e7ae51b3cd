//===- StepRate.h - How fast steps are made ---------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_TRAIN_STEPRATE_H
#define SLUICE_RUNTIME_TRAIN_STEPRATE_H

#include <cstdint>
#include <deque>

namespace sluice::runtime {

/// Rates over the steps of the last seconds. The first step, in which memory and files are touched for the first time,
/// counts only as long as there is no other.
class StepRate {
public:
  /// A step has taken so long.
  void add(double seconds, int64_t tokens);

  /// Both 0 before the first step.
  double secondsPerStep() const;
  double tokensPerSecond() const;

private:
  /// Sums since the beginning.
  struct Mark {
    double seconds = 0;
    int64_t steps = 0;
    int64_t tokens = 0;
  };

  std::deque<Mark> marks{Mark()}; ///< At most so far apart that those of the last seconds are few.
  Mark last;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_STEPRATE_H
