//===- Order.cpp - What happened before what ----------------------------------------------===//
#include "test/cuda-emulator/driver/Order.h"
#include "test/cuda-emulator/driver/Device.h"
#include <atomic>

using namespace sluice::emulator;

namespace {
struct Performed {
  u32 first, last; ///< stamps
  u64 time;
  std::string name;
};

struct Registry {
  std::mutex mutex;
  u32 next = 1;
  std::map<u64, std::vector<Performed>> byTimeline;
};
} // namespace

/// Work of a timeline that is remembered: what is older is taken to have happened before.
static constexpr size_t mostRemembered = 4096;

static Registry &registry() {
  static Registry all;
  return all;
}

u64 sluice::emulator::newTimeline() {
  static std::atomic<u64> next = 1;
  return next++;
}

Moment sluice::emulator::advance(u64 timeline, Clock &clock) {
  u64 time = clock.of(timeline) + 1;
  clock.set(timeline, time);
  return {timeline, time, clock};
}

/// The work of a timeline that a stamp may be of, or null.
static const Performed *find(const std::vector<Performed> &all, u32 stamp) {
  auto after = std::upper_bound(all.begin(), all.end(), stamp,
                                [](u32 value, const Performed &performed) { return value < performed.first; });
  return after != all.begin() && stamp <= std::prev(after)->last ? &*std::prev(after) : nullptr;
}

Performance::Performance(const Moment &moment, u32 count, const std::string &name) : moment(moment), count(count) {
  Registry &all = registry();
  std::unique_lock<std::mutex> lock(all.mutex);
  if (all.next + u64(count) >= WordHistory::mostStamps) {
    // Stamps begin again, when no word remembers one. What runs asks the registry, so it is left for that.
    all.byTimeline.clear();
    all.next = 1;
    lock.unlock();
    forgetAllHistory();
    lock.lock();
  }
  first = all.next;
  all.next += count;
  unordered = first;
  for (const auto &[timeline, work] : all.byTimeline) {
    u64 known = moment.clock.of(timeline);
    auto unknown = std::upper_bound(work.begin(), work.end(), known,
                                    [](u64 time, const Performed &performed) { return time < performed.time; });
    if (unknown != work.end())
      unordered = std::min(unordered, unknown->first);
  }
  std::vector<Performed> &mine = all.byTimeline[moment.timeline];
  if (mine.size() == mostRemembered)
    mine.erase(mine.begin(), mine.begin() + mostRemembered / 2);
  mine.push_back({first, first + count - 1, moment.time, name});
}

static bool isOrdered(const void *context, u32 stamp) {
  const Moment &moment = *static_cast<const Moment *>(context);
  Registry &all = registry();
  std::lock_guard<std::mutex> lock(all.mutex);
  for (const auto &[timeline, work] : all.byTimeline)
    if (const Performed *found = find(work, stamp))
      return found->time <= moment.clock.of(timeline);
  return true;
}

Actor Performance::actor() const { return {first, first, count, unordered, &moment, &isOrdered}; }

std::string Performance::nameOf(u32 stamp) {
  Registry &all = registry();
  std::lock_guard<std::mutex> lock(all.mutex);
  for (const auto &entry : all.byTimeline)
    if (const Performed *found = find(entry.second, stamp))
      return found->name;
  return "work that is forgotten";
}
