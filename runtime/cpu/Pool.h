//===- Pool.h - The threads behind sluice_parallel_for ----------*- C++ -*-===//
//
// A small pool with a static partition: a loop over [0, count) is cut into one contiguous part a thread, so which
// thread computes an index depends on nothing but count and the number of threads. Between loops a worker spins for a
// few milliseconds and then sleeps on a futex, so that it disturbs nobody during long serial parts.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_CPU_POOL_H
#define SLUICE_RUNTIME_CPU_POOL_H

#include "runtime/abi.h"
#include "runtime/cpu/Memory.h"

#include <atomic>
#include <chrono>
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
  sluice_pool(unsigned threads, int64_t scratchBytes);
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
  void runPart(unsigned thread) const;
  void waitForStart(uint32_t seen);
  void waitForWorkers();

  // The loop at hand: written by run() before `round` advances, read by the workers after they have seen it advance.
  sluice_body body = nullptr;
  const void *context = nullptr;
  int64_t count = 0;
  bool stopping = false;

  // On lines of their own: workers that spin on `round` must not slow down those that count down `pending`.
  alignas(64) std::atomic<uint32_t> round{0};
  std::atomic<uint32_t> sleepers{0};
  alignas(64) std::atomic<uint32_t> pending{0};
  std::atomic<uint32_t> callerSleeps{0};

  std::vector<KernelTime> *kernelTimes = nullptr;
  int64_t stride;
  sluice::runtime::Memory scratch;
  std::chrono::microseconds spinTime;
  std::vector<std::thread> workers;
};

#endif // SLUICE_RUNTIME_CPU_POOL_H
