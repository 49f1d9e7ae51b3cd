//===- Pool.cpp - The threads behind sluice_parallel_for ------------------===//

#include "runtime/cpu/Pool.h"

#include <algorithm>
#include <stdexcept>

using namespace sluice::runtime;

/// How long a thread spins before it sleeps: longer than the serial code between two loops, and than one part of a loop
/// commonly takes longer than another. A thread that slept may be woken on the processor of another one of the pool,
/// and both then share it for several loops. Hardly at all where the pool's own threads wait for the processor, and not
/// for long where others do: what a worker spins away is often taken from the caller's share.
static constexpr std::chrono::microseconds kSpin(2000), kSpinWhereBusy(5), kSpinWhereCrowded(5);

/// The machine counts as busy once the caller was without a processor for as long as no short work of the system takes,
/// and for as many times that time.
static constexpr std::chrono::microseconds kPreempted(500);
static constexpr int kStaysBusy = 32;

int64_t sluice_pool::scratchStride(int64_t scratchBytes) {
  // Whole pages: neighbours then share neither a cache line nor a page.
  constexpr int64_t kPage = 4096;
  return (scratchBytes + kPage - 1) / kPage * kPage;
}

sluice_pool::sluice_pool(unsigned threads, int64_t scratchBytes, unsigned threadsOfProcess)
    : parts(threads), stride(scratchStride(scratchBytes)), scratch(stride * threads),
      crowded(std::max(threads, threadsOfProcess) > std::thread::hardware_concurrency()) {
  if (threads == 0)
    throw std::invalid_argument("a pool needs at least one thread");
  start.present = threads - 1;
  workers.reserve(threads - 1);
  try {
    for (unsigned thread = 1; thread < threads; ++thread)
      workers.emplace_back([this, thread] { work(thread); });
  } catch (...) {
    stop();
    throw;
  }
}

sluice_pool::~sluice_pool() { stop(); }

void sluice_pool::stop() {
  // Written before the number advances, which is when workers look at it.
  start.stopping = 1;
  start.number.fetch_add(1);
  futexWake(start.number);
  futexWake(start.stopping);
  for (std::thread &worker : workers)
    worker.join();
}

/// Runs what the thread gets of a loop; returns how many pieces it did.
uint32_t sluice_pool::runParts(uint32_t number, unsigned thread) {
  uint32_t done = 0;
  while (true) {
    Parts::Part part = parts.take(number, thread);
    if (part.pieces() == 0)
      return done;
    // Of the loop of this number, since a part of it is ours.
    const Loop &loop = this->loop;
    int64_t begin = Parts::firstIndex(loop.count, part.begin, loop.pieces);
    loop.body(loop.context, begin, Parts::firstIndex(loop.count, part.end, loop.pieces),
              scratch.data() + stride * thread);
    done += part.pieces();
  }
}

void sluice_pool::run(int64_t count, sluice_body body, const void *context) {
  if (count <= 0)
    return;
  // One index is one part: no other thread would have work. Nor has one that stays away.
  if (count == 1 || start.present.load(std::memory_order_relaxed) == 0) {
    body(context, 0, count, scratch.data());
    return;
  }
  loop = {body, context, count, parts.pieces(count)};
  end.pending.store(loop.pieces, std::memory_order_relaxed);
  uint32_t number = start.number.load(std::memory_order_relaxed) + 1;
  parts.begin(number, loop.pieces);
  // Sequentially consistent, as are the worker's steps before it sleeps: either the worker sees the new number, or we
  // see the sleeper.
  start.number.store(number);
  if (start.sleepers.load() != 0)
    futexWake(start.number);
  end.pending.fetch_sub(runParts(number, 0));
  waitForWorkers();
  lookAtCaller();
}

void sluice_pool::run(int64_t count, const std::function<void(int64_t, int64_t)> &function) {
  run(
      count,
      [](const void *context, int64_t begin, int64_t end, void *) {
        (*static_cast<const std::function<void(int64_t, int64_t)> *>(context))(begin, end);
      },
      &function);
}

void sluice_pool::work(unsigned thread) {
  uint32_t seen = 0;
  Absence absence;
  OffProcessor off;
  Clock::duration back{};
  while (true) {
    if (waitForStart(seen))
      off.restart();
    seen = start.number.load(std::memory_order_acquire);
    if (start.stopping)
      return;
    uint32_t done = runParts(seen, thread);
    if (done == 0)
      continue;
    int64_t since = end.waitingSince.load(std::memory_order_relaxed);
    if (end.pending.fetch_sub(done) == done && end.callerSleeps.load() != 0)
      futexWake(end.pending);
    if (since != 0) {
      Clock::duration waited = Clock::now().time_since_epoch() - Clock::duration(since);
      if (Clock::duration away = absence.after(std::min(waited, off.time()), processorTime() - back);
          away.count() != 0) {
        stayAway(away);
        off.restart();
        back = processorTime();
      }
    }
    off.nowAndThen();
  }
}

void sluice_pool::stayAway(Clock::duration time) {
  start.present.fetch_sub(1);
  for (Clock::time_point back = Clock::now() + time; time > Clock::duration::zero() && !start.stopping.load();
       time = back - Clock::now())
    futexWait(start.stopping, 0, time);
  start.present.fetch_add(1);
}

void sluice_pool::lookAtCaller() {
  if (Clock::duration off = callerOff.nowAndThen(); off > kPreempted)
    start.busyUntil.store((Clock::now().time_since_epoch() + kStaysBusy * off).count(), std::memory_order_relaxed);
}

Clock::duration sluice_pool::spinTime() const {
  if (crowded)
    return kSpinWhereCrowded;
  bool busy = Clock::now().time_since_epoch().count() < start.busyUntil.load(std::memory_order_relaxed);
  return busy ? kSpinWhereBusy : kSpin;
}

/// Waits until another loop than `seen` has started; true if the thread slept.
bool sluice_pool::waitForStart(uint32_t seen) {
  auto started = [&] { return start.number.load(std::memory_order_acquire) != seen; };
  if (spin(spinTime(), started))
    return false;
  start.sleepers.fetch_add(1);
  // A futex may wake for no reason.
  while (start.number.load() == seen)
    futexWait(start.number, seen);
  start.sleepers.fetch_sub(1);
  return true;
}

void sluice_pool::waitForWorkers() {
  auto finished = [&] { return end.pending.load(std::memory_order_acquire) == 0; };
  for (int i = 0; i < kPausesAClock; ++i) {
    if (finished())
      return;
    pauseThread();
  }
  end.waitingSince.store(Clock::now().time_since_epoch().count(), std::memory_order_relaxed);
  if (!spin(spinTime(), finished)) {
    end.callerSleeps.store(1);
    while (uint32_t left = end.pending.load())
      futexWait(end.pending, left);
    end.callerSleeps.store(0);
    callerOff.restart();
  }
  end.waitingSince.store(0, std::memory_order_relaxed);
}

void sluice_pool::run(int64_t count, sluice_body body, const void *context, int32_t kernel) {
  if (!kernelTimes || kernel < 0)
    return run(count, body, context);
  Clock::time_point begin = Clock::now();
  run(count, body, context);
  KernelTime &time = (*kernelTimes)[kernel];
  ++time.runs;
  time.seconds += std::chrono::duration<double>(Clock::now() - begin).count();
}

void sluice_parallel_for(const sluice_step *step, int64_t count, sluice_body body, const void *context,
                         int32_t kernel) {
  step->pool->run(count, body, context, kernel);
}
