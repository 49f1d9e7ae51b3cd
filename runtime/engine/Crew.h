//===- Crew.h - A thread for each device of a process -----------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_ENGINE_CREW_H
#define SLUICE_RUNTIME_ENGINE_CREW_H

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sluice::runtime {

/// Threads that do something together, each its own part, again and again. They may wait for each other meanwhile: all
/// of them run at once.
class Crew {
public:
  /// Starts size - 1 threads; the one that calls run() is the first. std::system_error if the system refuses one.
  explicit Crew(uint32_t size);
  ~Crew();
  Crew(const Crew &) = delete;
  Crew &operator=(const Crew &) = delete;

  /// Calls part(0) to part(size - 1), each on its thread, and returns when all are done. No part may throw.
  void run(const std::function<void(uint32_t)> &part);

private:
  void work(uint32_t member);
  void stop();

  std::mutex mutex;
  std::condition_variable begins, ends;
  const std::function<void(uint32_t)> *part = nullptr;
  uint64_t round = 0;
  uint32_t pending = 0;
  bool isStopping = false;
  std::vector<std::thread> threads;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_CREW_H
