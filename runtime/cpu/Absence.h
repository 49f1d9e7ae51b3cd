//===- Absence.h - When a worker had better stay away -----------*- C++ -*-===//
//
// On a busy machine a thread is taken off its processor for milliseconds, for many loops, and with it the part that it
// holds, for which all others wait. A worker that has kept others waiting so stays away for a multiple of that time.
// The multiple doubles as long as its work is not worth the waiting, so that looking whether the machine is still busy
// costs next to nothing, and starts over once it is: a machine that is idle but for a moment loses only moments.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_CPU_ABSENCE_H
#define SLUICE_RUNTIME_CPU_ABSENCE_H

#include "runtime/cpu/Wait.h"

namespace sluice::runtime {

class Absence {
public:
  /// Waits up to this long are part of running: other threads of the system want the processor for a moment.
  static constexpr std::chrono::microseconds kStall{200};
  /// Processor time of a worker that is worth a wait, in times of the wait.
  static constexpr int kWorth = 16;
  /// How long a worker stays away, in times of what was lost: at first, and at most, if that is longer than kMost.
  static constexpr int kFirst = 16, kMostWaits = 32;
  static constexpr std::chrono::milliseconds kMost{1000};

  /// Others waited for `stall` for a worker without a processor, which had one for `worked` since it came back: how
  /// long it stays away; zero if `stall` is nothing to speak of.
  Clock::duration after(Clock::duration stall, Clock::duration worked);

private:
  Clock::duration last{};
};

/// For how long the calling thread was without a processor since it last looked.
class OffProcessor {
public:
  /// Forgets what has been until now.
  void restart();
  /// What it was, and restart(); zero if that was a moment ago: looking at the time of a thread costs as much as a
  /// small part of a loop.
  Clock::duration nowAndThen();
  Clock::duration time() const { return Clock::now() - start - (processorTime() - ran); }

private:
  Clock::time_point start = Clock::now();
  Clock::duration ran = processorTime();
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CPU_ABSENCE_H
