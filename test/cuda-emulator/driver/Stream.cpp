//===- Stream.cpp - Streams as threads, and events ----------------------------------------===//
#include "test/cuda-emulator/driver/Stream.h"
#include <chrono>

using namespace sluice::emulator;

namespace {
struct Host {
  std::mutex mutex;
  Clock clock;
  u64 timeline = newTimeline();
};
} // namespace

static Host &host() {
  static Host &only = *new Host();
  return only;
}

Handles<Stream> &sluice::emulator::streams() {
  static Handles<Stream> &all = *new Handles<Stream>();
  return all;
}

Handles<Event> &sluice::emulator::events() {
  static Handles<Event> &all = *new Handles<Event>();
  return all;
}

void sluice::emulator::joinHostClock(const Clock &clock) {
  std::lock_guard<std::mutex> lock(host().mutex);
  host().clock.join(clock);
}

Clock sluice::emulator::hostClock() {
  std::lock_guard<std::mutex> lock(host().mutex);
  return host().clock;
}

Moment sluice::emulator::hostMoment() {
  std::lock_guard<std::mutex> lock(host().mutex);
  return advance(host().timeline, host().clock);
}

void sluice::emulator::fail(Context &context, const Fault &fault) {
  report(fault.text);
  int none = Success;
  context.status.compare_exchange_strong(none, fault.status);
}

void sluice::emulator::synchronize(Context &context, bool onlyBlocking) {
  auto all = context.liveStreams();
  for (const auto &stream : all)
    if ((stream->isBlocking || !onlyBlocking) && !stream->capture)
      stream->synchronize();
}

Stream::Stream(Context &context, bool isBlocking)
    : context(context), isBlocking(isBlocking), timeline(newTimeline()), random(settings().seed * 7919 + timeline),
      thread([this] { loop(); }) {}

Stream::~Stream() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    isEnding = true;
    demanded = submitted;
  }
  changed.notify_all();
  // Its last owner may be its own work.
  if (thread.get_id() == std::this_thread::get_id())
    thread.detach();
  else
    thread.join();
}

u64 Stream::add(Item item) {
  item.host = hostClock();
  u64 number;
  {
    std::lock_guard<std::mutex> lock(mutex);
    items.push_back(std::move(item));
    number = ++submitted;
  }
  changed.notify_all();
  return number;
}

u64 Stream::submit(Work work) { return add({std::move(work), nullptr, {}}); }
u64 Stream::submitOrdering(std::function<void(Clock &)> work) { return add({nullptr, std::move(work), {}}); }

void Stream::demand(u64 number) {
  {
    std::lock_guard<std::mutex> lock(mutex);
    demanded = std::max(demanded, number);
  }
  changed.notify_all();
}

void Stream::synchronize() {
  std::unique_lock<std::mutex> lock(mutex);
  u64 last = submitted;
  demanded = std::max(demanded, last);
  changed.notify_all();
  changed.wait(lock, [&] { return completed >= last; });
  Clock known = clock;
  lock.unlock();
  joinHostClock(known);
}

bool Stream::isDone() {
  std::lock_guard<std::mutex> lock(mutex);
  return completed == submitted;
}

bool Stream::query() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (completed == submitted) {
      queries = 0;
      joinHostClock(clock);
      return true;
    }
    if (++queries > 2)
      demanded = submitted;
  }
  changed.notify_all();
  return false;
}

/// Whether the next item is due. Chance holds some back until somebody waits.
bool Stream::mayBegin() {
  if (settings().completion == Completion::AtOnce || demanded > completed)
    return true;
  return settings().completion == Completion::Random && random.below(2);
}

void Stream::loop() {
  std::unique_lock<std::mutex> lock(mutex);
  while (true) {
    changed.wait(lock, [&] { return !items.empty() || isEnding; });
    if (items.empty())
      return;
    if (!mayBegin())
      changed.wait(lock, [&] { return demanded > completed; });
    Item item = std::move(items.front());
    items.pop_front();
    clock.join(item.host);
    lock.unlock();
    perform(item);
    // What the work holds goes before anybody hears that it is done.
    item = {};
    lock.lock();
    ++completed;
    changed.notify_all();
  }
}

void Stream::perform(Item &item) {
  if (item.ordering) {
    // Others may read the clock in the meantime.
    std::unique_lock<std::mutex> lock(mutex);
    Clock mine = clock;
    lock.unlock();
    item.ordering(mine);
    lock.lock();
    clock.join(mine);
    return;
  }
  if (context.status != Success)
    return;
  Moment moment;
  {
    std::lock_guard<std::mutex> lock(mutex);
    moment = advance(timeline, clock);
  }
  try {
    item.work(moment);
  } catch (const Fault &fault) {
    fail(context, fault);
  }
}

void Recording::finish(const Clock &at) {
  std::lock_guard<std::mutex> lock(mutex);
  clock = at;
  seconds = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  isDone = true;
  changed.notify_all();
}

void Recording::wait() {
  if (auto recorder = stream.lock())
    recorder->demand(number);
  std::unique_lock<std::mutex> lock(mutex);
  changed.wait(lock, [&] { return isDone; });
}
