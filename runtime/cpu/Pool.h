//===- Pool.h - The threads behind sluice_parallel_for ----------*- C++ -*-===//
//
// A small pool. A loop over [0, count) is cut into contiguous parts, which threads take while they run (Parts.h): which
// thread computes an index depends on who is there, and no result depends on that. Between loops a worker spins for a
// few milliseconds and then sleeps on a futex, so that it disturbs nobody during long serial parts. On a busy machine,
// where a worker that loses its processor keeps the others waiting, it stays away for a while (Absence.h).
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_CPU_POOL_H
#define SLUICE_RUNTIME_CPU_POOL_H

#include "runtime/abi.h"
#include "runtime/cpu/Absence.h"
#include "runtime/cpu/Memory.h"
#include "runtime/cpu/Parts.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

/// Runs of a kernel so far, and the time they took.
struct KernelTime {
  int64_t runs = 0;
  double seconds = 0;
};

struct sluice_pool {
public:
  /// Starts threads - 1 workers; the thread that calls run() is the first of the pool. Each thread owns a scratch block
  /// of scratchBytes bytes. Throws std::invalid_argument if threads is zero and std::system_error if the system refuses
  /// a thread or the memory.
  /// `threadsOfProcess`: of all pools that run at once, this one's among them; 0: there is no other pool.
  sluice_pool(unsigned threads, int64_t scratchBytes, unsigned threadsOfProcess = 0);
  ~sluice_pool();
  sluice_pool(const sluice_pool &) = delete;
  sluice_pool &operator=(const sluice_pool &) = delete;

  unsigned size() const { return static_cast<unsigned>(workers.size()) + 1; }

  /// Bytes that one thread's scratch takes in the pool's block, and that the block takes in all.
  static int64_t scratchStride(int64_t scratchBytes);

  /// Runs body over [0, count) and returns when all parts are done. One thread at a time may call it, and a body must
  /// not call it again. body must not throw.
  void run(int64_t count, sluice_body body, const void *context);

  /// The same for a loop of generated code; `kernel` is its number, or -1.
  void run(int64_t count, sluice_body body, const void *context, int32_t kernel);

  /// Adds the time of every kernel that runs to its entry in `times`, which the caller owns; null: not any more.
  void timeKernels(std::vector<KernelTime> *times) { kernelTimes = times; }

  /// The same for the runtime's own loops: function(begin, end).
  void run(int64_t count, const std::function<void(int64_t, int64_t)> &function);

private:
  void work(unsigned thread);
  void stop();
  uint32_t runParts(uint32_t number, unsigned thread);
  void stayAway(sluice::runtime::Clock::duration time);
  void lookAtCaller();
  sluice::runtime::Clock::duration spinTime() const;
  bool waitForStart(uint32_t seen);
  void waitForWorkers();

  /// The loop at hand: written by run() before `number` advances, read by threads that have taken a part of it.
  struct Loop {
    sluice_body body = nullptr;
    const void *context = nullptr;
    int64_t count = 0;
    uint32_t pieces = 0;
  } loop;
  sluice::runtime::Parts parts;

  /// What wakes workers. On a line of its own, as is what is left: workers that spin on the number must not slow down
  /// those that count down.
  struct alignas(64) Start {
    std::atomic<uint32_t> number{0}; // of the loop
    std::atomic<uint32_t> sleepers{0};
    std::atomic<uint32_t> present{0}; // workers that do not stay away
    std::atomic<uint32_t> stopping{0};
    std::atomic<int64_t> busyUntil{0}; // ticks of Clock: until then the machine counts as busy
  } start;
  struct alignas(64) End {
    std::atomic<uint32_t> pending{0}; // pieces that are not done
    std::atomic<uint32_t> callerSleeps{0};
    std::atomic<int64_t> waitingSince{0}; // ticks of Clock; 0: the caller does not wait
  } end;

  std::vector<KernelTime> *kernelTimes = nullptr;
  int64_t stride;
  sluice::runtime::Memory scratch;
  sluice::runtime::OffProcessor callerOff;
  bool crowded; // more threads than processors
  std::vector<std::thread> workers;
};

#endif // SLUICE_RUNTIME_CPU_POOL_H
