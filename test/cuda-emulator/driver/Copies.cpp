//===- Copies.cpp - Copies and fills of memory --------------------------------------------===//
#include "test/cuda-emulator/driver/Copies.h"
#include <list>

using namespace sluice::emulator;

namespace {
/// One side of a copy.
struct Place {
  u64 address = 0;
  Memory *memory = nullptr; ///< null: pageable memory of the host
  Device *device = nullptr;

  bool isPageable() const { return !memory; }
  u8 *data() const { return memory ? memory->dataAt(address) : reinterpret_cast<u8 *>(address); }
  std::string text() const {
    return device ? "device " + std::to_string(device->ordinal) : memory ? "pinned memory" : "pageable memory";
  }
};
} // namespace

namespace {
/// Ranges of pinned memory that work under way may write: copies to the host write theirs, calls of the host any.
class PinnedWriters {
public:
  /// The range is written until the result goes away.
  std::shared_ptr<void> add(u64 address, u64 bytes) {
    std::lock_guard<std::mutex> lock(mutex);
    auto range = ranges.insert(ranges.end(), {address, bytes});
    return {nullptr, [this, range](void *) {
              std::lock_guard<std::mutex> lock(mutex);
              ranges.erase(range);
            }};
  }
  bool mayWrite(u64 address, u64 bytes) {
    std::lock_guard<std::mutex> lock(mutex);
    for (auto [start, size] : ranges)
      if (start < address + bytes && (size == all || address < start + size))
        return true;
    return false;
  }
  static constexpr u64 all = ~u64{0};

private:
  std::mutex mutex;
  std::list<std::pair<u64, u64>> ranges;
};
} // namespace

static PinnedWriters &pinnedWriters() {
  static PinnedWriters &only = *new PinnedWriters();
  return only;
}

/// Throws where a range of a device or of pinned memory is not allocated.
static void check(const Place &place, u64 bytes, const char *what) {
  if (place.isPageable())
    return;
  if (place.memory->contains(place.address, bytes) && areAllocated(place.memory->marksAt(place.address), bytes))
    return;
  u64 first = place.address;
  while (place.memory->contains(first) && *place.memory->marksAt(first) >= u8(Mark::Uninitialized))
    ++first;
  throw Fault{InvalidValue, std::string("copy out of bounds: ") + what + " of " + std::to_string(bytes) +
                                " bytes: " + place.memory->describe(first)};
}

static Place placeOf(u64 address) {
  if (Device *device = deviceOf(address))
    return {address, device->memory.get(), device};
  if (pinnedMemory().contains(address))
    return {address, &pinnedMemory(), nullptr};
  if (address >> 47)
    throw Fault{InvalidValue, "copy of memory that is neither a device's nor the host's"};
  return {address, nullptr, nullptr};
}

/// Says a race of a copy or fill with other work.
[[noreturn]] static void race(const std::string &name, const Place &place, u64 offset, u32 other) {
  throw Fault{LaunchFailed, "race in global memory: " + name + " (" + place.memory->describe(place.address + offset) +
                                ") and " + Performance::nameOf(other) +
                                " are in no order: an event or a wait is missing"};
}

static u32 maskOf(u64 address, u64 end) {
  u32 first = address & 3, last = u32(std::min<u64>(end - (address - first), 4));
  return ((1u << (last - first)) - 1) << first;
}

static void remember(const Place &place, u64 bytes, const Actor &actor, bool isWrite, const std::string &name) {
  if (!place.device || !settings().checksRaces)
    return;
  WordHistory *words = place.memory->historyAt(place.address);
  for (u64 at = place.address, end = at + bytes; at < end; at = (at | 3) + 1, ++words) {
    u32 mask = maskOf(at, end), other = isWrite ? words->write(actor, mask) : words->read(actor, mask);
    if (other)
      race(name, place, at - place.address, other);
  }
}

/// A number of all bytes, to see whether they changed.
static u64 digest(const u8 *data, u64 bytes) {
  u64 hash = bytes, word;
  for (; bytes >= 8; bytes -= 8, data += 8) {
    std::memcpy(&word, data, 8);
    hash = (hash ^ word) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 29;
  }
  for (; bytes > 0; --bytes)
    hash = (hash ^ *data++) * 0x100000001b3;
  return hash;
}

static void perform(const Place &target, const Place &source, const u8 *data, u64 bytes, const Moment &moment) {
  std::string name = "a copy of " + std::to_string(bytes) + " bytes from " + source.text() + " to " + target.text();
  Performance performance(moment, 1, name);
  std::set<Device *> used;
  for (Device *device : {target.device, source.device})
    if (device)
      used.insert(device);
  RunningLock lock(used);
  check(target, bytes, "the target");
  check(source, bytes, "the source");
  remember(source, bytes, performance.actor(), false, name);
  remember(target, bytes, performance.actor(), true, name);
  if (source.device && !target.device && settings().checksInitialized &&
      !areInitialized(source.memory->marksAt(source.address), bytes)) {
    u64 first = source.address;
    while (*source.memory->marksAt(first) == u8(Mark::Initialized))
      ++first;
    throw Fault{LaunchFailed, "read of memory that was never written: " + name + ": " + source.memory->describe(first)};
  }
  std::memmove(target.data(), data, bytes);
  if (!target.device)
    return;
  // What was never written stays so where it is copied to.
  if (source.device)
    std::memmove(target.memory->marksAt(target.address), source.memory->marksAt(source.address), bytes);
  else
    std::memset(target.memory->marksAt(target.address), u8(Mark::Initialized), bytes);
}

/// A copy whose source is pinned must find it as it was when it was issued.
static Work copyOfPinned(const Place &target, const Place &source, u64 bytes) {
  bool mayChange = pinnedWriters().mayWrite(source.address, bytes);
  u64 before = mayChange ? 0 : digest(source.data(), bytes);
  return [=](const Moment &moment) {
    if (!mayChange && digest(source.data(), bytes) != before)
      throw Fault{LaunchFailed, "pinned memory was changed before an asynchronous copy of it was done: " +
                                    source.memory->describe(source.address)};
    perform(target, source, source.data(), bytes, moment);
  };
}

static Work makeCopy(const Place &target, const Place &source, u64 bytes) {
  if (source.isPageable() && target.device) {
    // The driver takes such memory before it returns.
    auto taken = std::make_shared<std::vector<u8>>(source.data(), source.data() + bytes);
    return [=](const Moment &moment) { perform(target, source, taken->data(), bytes, moment); };
  }
  if (source.memory && !source.device && target.device)
    return copyOfPinned(target, source, bytes);
  std::shared_ptr<void> writer = target.device ? nullptr : pinnedWriters().add(target.address, bytes);
  return [=](const Moment &moment) {
    perform(target, source, source.data(), bytes, moment);
    (void)writer;
  };
}

void sluice::emulator::copy(Context &context, Stream *stream, u64 target, u64 source, u64 bytes, bool isAsynchronous) {
  if (bytes == 0)
    return;
  Place to = placeOf(target), from = placeOf(source);
  check(to, bytes, "the target");
  check(from, bytes, "the source");
  bool isPageable = to.isPageable() || from.isPageable();
  if (isPageable && stream && stream->capture)
    throw Fault{InvalidValue, "a captured copy of host memory that is not pinned"};
  issue(context, stream, [=] { return makeCopy(to, from, bytes); });
  // A copy into pageable memory is there when the call returns.
  if (stream && !stream->capture && (!isAsynchronous || to.isPageable()))
    stream->synchronize();
}

void sluice::emulator::fill(Context &context, Stream *stream, u64 target, u32 value, u32 elementBytes, u64 count,
                            bool isAsynchronous) {
  u64 bytes = count * elementBytes;
  if (bytes == 0)
    return;
  Place to = placeOf(target);
  if (to.isPageable())
    throw Fault{InvalidValue, "a fill of host memory that is not pinned"};
  if (target % elementBytes)
    throw Fault{InvalidValue, "misaligned fill: " + to.memory->describe(target)};
  check(to, bytes, "a fill");
  Work work = [=](const Moment &moment) {
    std::string name = "a fill of " + std::to_string(bytes) + " bytes of " + to.text();
    Performance performance(moment, 1, name);
    RunningLock lock(to.device ? std::set<Device *>{to.device} : std::set<Device *>{});
    check(to, bytes, "a fill");
    remember(to, bytes, performance.actor(), true, name);
    for (u64 i = 0; i < count; ++i)
      std::memcpy(to.data() + i * elementBytes, &value, elementBytes);
    std::memset(to.memory->marksAt(target), u8(Mark::Initialized), bytes);
  };
  issue(context, stream, [work] { return work; });
  if (stream && !stream->capture && !isAsynchronous)
    stream->synchronize();
}

void sluice::emulator::callHost(Context &context, Stream *stream, void (*function)(void *), void *argument) {
  issue(context, stream, [=]() -> Work {
    std::shared_ptr<void> writer = pinnedWriters().add(0, PinnedWriters::all);
    return [=](const Moment &) {
      function(argument);
      (void)writer;
    };
  });
}
