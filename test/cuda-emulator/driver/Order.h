//===- Order.h - What happened before what ------------------------------------------------===//
//
// Every stream, every branch of a graph and every copy of the host has a timeline on which its work counts up. A clock
// says how far each timeline is known. Work happened before other work if the clock of that one knows it: streams go on
// from their own last work, from events that they waited for, and from what the host had waited for when it asked.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_DRIVER_ORDER_H
#define SLUICE_TEST_CUDAEMULATOR_DRIVER_ORDER_H

#include "test/cuda-emulator/memory/History.h"
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace sluice::emulator {

class Clock {
public:
  u64 of(u64 timeline) const {
    auto found = times.find(timeline);
    return found == times.end() ? 0 : found->second;
  }
  void set(u64 timeline, u64 time) { times[timeline] = time; }
  void join(const Clock &other) {
    for (auto [timeline, time] : other.times)
      if (u64 &mine = times[timeline]; mine < time)
        mine = time;
  }

private:
  std::map<u64, u64> times;
};

/// A number that no other timeline has.
u64 newTimeline();

/// When some work is done: its place on its timeline, and what happened before it. Its own clock knows itself.
struct Moment {
  u64 timeline = 0, time = 0;
  Clock clock;
};

/// The next moment of a timeline whose clock is `clock`, which goes on to it.
Moment advance(u64 timeline, Clock &clock);

/// Work that has stamps: the `count` actors of a launch, or a copy.
class Performance {
public:
  Performance(const Moment &moment, u32 count, const std::string &name);
  Performance(const Performance &) = delete;
  Performance &operator=(const Performance &) = delete;

  /// Its first actor, which asks this object.
  Actor actor() const;
  /// The name of the work that has a stamp.
  static std::string nameOf(u32 stamp);

private:
  Moment moment;
  u32 count, first = 0, unordered = 0;
};

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_DRIVER_ORDER_H
