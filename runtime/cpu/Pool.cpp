//===- Pool.cpp - The threads behind sluice_parallel_for ------------------===//

#include "runtime/cpu/Pool.h"

#include <chrono>
#include <climits>
#include <linux/futex.h>
#include <stdexcept>
#include <sys/syscall.h>
#include <unistd.h>

using namespace sluice::runtime;

/// How long a thread spins before it sleeps: longer than the serial code between two loops, and than one part of a loop
/// commonly takes longer than another. A thread that slept may be woken on the processor of another one of the pool,
/// and both then share it for several loops. Hardly at all where other threads wait for the processor.
static constexpr std::chrono::microseconds kSpin(2000), kSpinWhereCrowded(5);

static void pauseThread() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

static_assert(sizeof(std::atomic<uint32_t>) == sizeof(uint32_t), "a futex is a plain 32-bit word");

static void futexWait(std::atomic<uint32_t> &word, uint32_t expected) {
  syscall(SYS_futex, reinterpret_cast<uint32_t *>(&word), FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
}

static void futexWake(std::atomic<uint32_t> &word) {
  syscall(SYS_futex, reinterpret_cast<uint32_t *>(&word), FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

/// Spins until done() holds; false when the time is up first.
template <typename Predicate> static bool spin(std::chrono::microseconds time, Predicate done) {
  // Looking at the clock costs more than a pause, so it is looked at once in a while.
  constexpr int kPausesAClock = 32;
  auto deadline = std::chrono::steady_clock::now() + time;
  do {
    for (int i = 0; i < kPausesAClock; ++i) {
      if (done())
        return true;
      pauseThread();
    }
  } while (std::chrono::steady_clock::now() < deadline);
  return done();
}

int64_t sluice_pool::scratchStride(int64_t scratchBytes) {
  // Whole pages: neighbours then share neither a cache line nor a page.
  constexpr int64_t kPage = 4096;
  return (scratchBytes + kPage - 1) / kPage * kPage;
}

sluice_pool::sluice_pool(unsigned threads, int64_t scratchBytes)
    : stride(scratchStride(scratchBytes)), scratch(stride * threads),
      spinTime(threads <= std::thread::hardware_concurrency() ? kSpin : kSpinWhereCrowded) {
  if (threads == 0)
    throw std::invalid_argument("a pool needs at least one thread");
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
  // Written before the round advances, which is when workers look at it.
  stopping = true;
  round.fetch_add(1);
  futexWake(round);
  for (std::thread &worker : workers)
    worker.join();
}

void sluice_pool::runPart(unsigned thread) const {
  // In 128 bits, so that no count overflows.
  __extension__ using Wide = __int128;
  auto cut = [&](unsigned part) { return static_cast<int64_t>(static_cast<Wide>(count) * part / size()); };
  int64_t begin = cut(thread), end = cut(thread + 1);
  if (begin < end)
    body(context, begin, end, scratch.data() + stride * thread);
}

void sluice_pool::run(int64_t newCount, sluice_body newBody, const void *newContext) {
  if (newCount <= 0)
    return;
  // One index is one part: no other thread would have work.
  if (workers.empty() || newCount == 1) {
    newBody(newContext, 0, newCount, scratch.data());
    return;
  }
  body = newBody;
  context = newContext;
  count = newCount;
  pending.store(static_cast<uint32_t>(workers.size()), std::memory_order_relaxed);
  // Sequentially consistent, as are the worker's steps before it sleeps: either the worker sees the new round, or we
  // see the sleeper.
  round.fetch_add(1);
  if (sleepers.load() != 0)
    futexWake(round);
  runPart(0);
  waitForWorkers();
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
  while (true) {
    waitForStart(seen);
    ++seen; // rounds are never skipped: run() returns only when all workers are done with one
    if (stopping)
      return;
    runPart(thread);
    if (pending.fetch_sub(1) == 1 && callerSleeps.load() != 0)
      futexWake(pending);
  }
}

void sluice_pool::waitForStart(uint32_t seen) {
  auto started = [&] { return round.load(std::memory_order_acquire) != seen; };
  if (spin(spinTime, started))
    return;
  sleepers.fetch_add(1);
  // A futex may wake for no reason.
  while (round.load() == seen)
    futexWait(round, seen);
  sleepers.fetch_sub(1);
}

void sluice_pool::waitForWorkers() {
  auto finished = [&] { return pending.load(std::memory_order_acquire) == 0; };
  if (spin(spinTime, finished))
    return;
  callerSleeps.store(1);
  while (uint32_t left = pending.load())
    futexWait(pending, left);
  callerSleeps.store(0);
}

void sluice_pool::run(int64_t newCount, sluice_body newBody, const void *newContext, int32_t kernel) {
  if (!kernelTimes || kernel < 0)
    return run(newCount, newBody, newContext);
  auto start = std::chrono::steady_clock::now();
  run(newCount, newBody, newContext);
  KernelTime &time = (*kernelTimes)[kernel];
  ++time.runs;
  time.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void sluice_parallel_for(const sluice_step *step, int64_t count, sluice_body body, const void *context,
                         int32_t kernel) {
  step->pool->run(count, body, context, kernel);
}
