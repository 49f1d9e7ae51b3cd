//===- Channel.cpp - Messages between stages of a process -----------------===//

#include "runtime/engine/Channel.h"
#include "runtime/abi.h"

namespace sluice::runtime {

static int64_t strideOf(int64_t bytes) { return (bytes + SLUICE_ALIGNMENT - 1) / SLUICE_ALIGNMENT * SLUICE_ALIGNMENT; }

Channel::Channel(int64_t bytes, int32_t capacity, Clock::duration spinTime)
    : stride(strideOf(bytes)), capacity(static_cast<uint32_t>(capacity)), spinTime(spinTime),
      messages(stride * capacity) {}

void Channel::wait(const std::atomic<uint32_t> &counter, std::atomic<uint32_t> &sleeps, bool (Channel::*done)() const) {
  if ((this->*done)() || spin(spinTime, [&] { return (this->*done)(); }))
    return;
  sleeps = 1;
  while (true) {
    // Read before it is looked at: a change in between keeps the thread from sleeping.
    uint32_t seen = counter.load();
    if ((this->*done)())
      break;
    futexWait(counter, seen);
  }
  sleeps = 0;
}

void Channel::wake(std::atomic<uint32_t> &counter, std::atomic<uint32_t> &sleeps) {
  counter.fetch_add(1);
  if (sleeps.load())
    futexWake(counter);
}

char *Channel::beginSend() {
  wait(taken, senderSleeps, &Channel::hasRoom);
  return messages.data() + stride * (sent.load() % capacity);
}

void Channel::endSend() { wake(sent, receiverSleeps); }

char *Channel::beginReceive() {
  wait(sent, receiverSleeps, &Channel::hasMessage);
  return messages.data() + stride * (taken.load() % capacity);
}

void Channel::endReceive() { wake(taken, senderSleeps); }

} // namespace sluice::runtime
