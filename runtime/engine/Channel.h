//===- Channel.h - Messages between stages of a process ---------*- C++ -*-===//
//
// A private first-in-first-out queue from one thread to another, which copies messages in and out: a send waits only
// where as many messages lie in the queue as it holds.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_ENGINE_CHANNEL_H
#define SLUICE_RUNTIME_ENGINE_CHANNEL_H

#include "runtime/cpu/Memory.h"
#include "runtime/cpu/Wait.h"

#include <atomic>
#include <cstdint>

namespace sluice::runtime {

class Channel {
public:
  /// For `capacity` messages of `bytes` bytes; of none where messages lie elsewhere. A thread that waits spins for
  /// `spinTime` before it sleeps.
  Channel(int64_t bytes, int32_t capacity, Clock::duration spinTime);

  /// Whether a message can be put in, or taken out, without waiting.
  bool hasRoom() const { return sent.load() - taken.load(std::memory_order_acquire) < capacity; }
  bool hasMessage() const { return sent.load(std::memory_order_acquire) != taken.load(); }

  /// Where the next message is written, once there is room; endSend() passes it on. One thread sends.
  char *beginSend();
  void endSend();
  /// Where the next message lies, once there is one; endReceive() makes room. One thread receives.
  char *beginReceive();
  void endReceive();

  /// The numbers of those places, below the capacity.
  uint32_t sendPlace() const { return sent.load() % capacity; }
  uint32_t receivePlace() const { return taken.load() % capacity; }

  /// Messages that lie in the queue, as a checkpoint keeps them: the memory, and how many were sent and taken. To be
  /// asked and set while no thread sends or receives.
  Memory &memory() { return messages; }
  int64_t sentCount() const { return sent.load(); }
  int64_t takenCount() const { return taken.load(); }
  void setCounts(int64_t takenSoFar, int64_t sentSoFar) {
    taken = static_cast<uint32_t>(takenSoFar);
    sent = static_cast<uint32_t>(sentSoFar);
  }

private:
  void wait(const std::atomic<uint32_t> &counter, std::atomic<uint32_t> &sleeps, bool (Channel::*done)() const);
  static void wake(std::atomic<uint32_t> &counter, std::atomic<uint32_t> &sleeps);

  int64_t stride;
  uint32_t capacity;
  Clock::duration spinTime;
  Memory messages;
  /// How many messages were sent and taken so far, each on a line of its own, and whether a thread sleeps until it
  /// changes.
  alignas(64) std::atomic<uint32_t> sent{0};
  std::atomic<uint32_t> receiverSleeps{0};
  alignas(64) std::atomic<uint32_t> taken{0};
  std::atomic<uint32_t> senderSleeps{0};
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_CHANNEL_H
