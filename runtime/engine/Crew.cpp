//===- Crew.cpp - A thread for each device of a process -------------------===//

#include "runtime/engine/Crew.h"

namespace sluice::runtime {

Crew::Crew(uint32_t size) {
  try {
    for (uint32_t member = 1; member < size; ++member)
      threads.emplace_back([this, member] { work(member); });
  } catch (...) {
    stop();
    throw;
  }
}

Crew::~Crew() { stop(); }

void Crew::stop() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    isStopping = true;
  }
  begins.notify_all();
  for (std::thread &thread : threads)
    thread.join();
}

void Crew::run(const std::function<void(uint32_t)> &all) {
  if (!threads.empty()) {
    std::lock_guard<std::mutex> lock(mutex);
    part = &all;
    pending = static_cast<uint32_t>(threads.size());
    ++round;
    begins.notify_all();
  }
  all(0);
  if (threads.empty())
    return;
  std::unique_lock<std::mutex> lock(mutex);
  ends.wait(lock, [this] { return pending == 0; });
}

void Crew::work(uint32_t member) {
  uint64_t seen = 0;
  while (true) {
    const std::function<void(uint32_t)> *mine;
    {
      std::unique_lock<std::mutex> lock(mutex);
      begins.wait(lock, [&] { return isStopping || round != seen; });
      if (isStopping)
        return;
      seen = round;
      mine = part;
    }
    (*mine)(member);
    std::lock_guard<std::mutex> lock(mutex);
    if (--pending == 0)
      ends.notify_one();
  }
}

} // namespace sluice::runtime
