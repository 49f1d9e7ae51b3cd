//===- Wait.h - Waiting for a word that another thread writes ---*- C++ -*-===//
//
// A short spin on the processor, then sleep in the kernel (a futex), and clocks that tell whether a thread was running.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_CPU_WAIT_H
#define SLUICE_RUNTIME_CPU_WAIT_H

#include <atomic>
#include <chrono>
#include <cstdint>

namespace sluice::runtime {

using Clock = std::chrono::steady_clock;

/// Tells the processor that the thread spins.
inline void pauseThread() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Looking at the clock costs more than a pause, so it is looked at once in as many.
inline constexpr int kPausesAClock = 32;

/// Spins until done() holds; false when the time is up first.
template <typename Predicate> bool spin(Clock::duration time, Predicate done) {
  Clock::time_point deadline = Clock::now() + time;
  do {
    for (int i = 0; i < kPausesAClock; ++i) {
      if (done())
        return true;
      pauseThread();
    }
  } while (Clock::now() < deadline);
  return done();
}

/// Sleeps until futexWake(word), unless `word` is no longer `expected`. May return for no reason.
void futexWait(const std::atomic<uint32_t> &word, uint32_t expected);
/// The same for `time` at most.
void futexWait(const std::atomic<uint32_t> &word, uint32_t expected, Clock::duration time);
/// Wakes all that sleep on `word`.
void futexWake(std::atomic<uint32_t> &word);

/// Time for which the calling thread has had a processor.
std::chrono::nanoseconds processorTime();

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CPU_WAIT_H
