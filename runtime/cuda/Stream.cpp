//===- Stream.cpp - Work of a card, in order ------------------------------===//

#include "runtime/cuda/Stream.h"

#include <algorithm>
#include <chrono>
#include <cstring>

using namespace sluice::cuda;
using sluice::runtime::Clock;
using sluice::runtime::RunError;

/// Steps under way before the next one waits: a micro-batch has one, the update another.
static constexpr size_t kStagedSteps = 16;

/// Downloads up to this size go through pinned memory, so that nobody waits for them; larger ones are of checkpoints.
static constexpr int64_t kLargestStaged = int64_t(1) << 20;
static constexpr int64_t kLeastStaging = int64_t(64) << 10;

static void *makeStream(const Card &card) {
  void *stream = nullptr;
  card.makeCurrent();
  card.driver.check(card.driver.cuStreamCreate(&stream, kStreamNonBlocking), "a stream of " + card.name());
  return stream;
}

Stream::Stream(const Card &card, Failure &failure, bool isSynchronous)
    : card(card), failure(failure), synchronous(isSynchronous), stream(makeStream(card)),
      steps{PinnedMemory(card, int64_t(kStagedSteps * sizeof(sluice_step))), {}, 0} {
  for (size_t i = 0; i < kStagedSteps; ++i)
    steps.copied.emplace_back(card);
}

Stream::~Stream() {
  drain();
  if (card.driver.cuCtxSetCurrent(card.context()) == kSuccess)
    card.driver.cuStreamDestroy_v2(stream);
}

void Stream::drain() {
  if (card.driver.cuCtxSetCurrent(card.context()) == kSuccess)
    card.driver.cuStreamSynchronize(stream);
}

void Stream::check(int status, const std::string &what) const {
  // From here on statuses are those of kernels that failed, and any later call answers them.
  constexpr int kFirstOfKernels = 700;
  if (status >= kFirstOfKernels && !synchronous)
    throw RunError("a kernel failed on " + card.name() + ": the CUDA driver says " + card.driver.describe(status) +
                   "; --synchronous names it");
  card.driver.check(status, what);
}

void Stream::upload(Address to, const void *from, int64_t bytes) {
  attempt([&] {
    check(card.driver.cuMemcpyHtoDAsync_v2(to, from, static_cast<unsigned long>(bytes), stream), "a copy to the card");
  });
}

void Stream::upload(Address to, const sluice_step &step) {
  attempt([&] {
    size_t place = steps.next++ % kStagedSteps;
    char *pinned = steps.memory.data() + place * sizeof(sluice_step);
    if (steps.next > kStagedSteps)
      check(card.driver.cuEventSynchronize(steps.copied[place].get()), "a copy to the card");
    std::memcpy(pinned, &step, sizeof(sluice_step));
    upload(to, static_cast<const void *>(pinned), sizeof(sluice_step));
    record(steps.copied[place]);
  });
}

char *Stream::stage(int64_t bytes) {
  // What a kernel writes a double at may be anything; whoever reads it here copies bytes.
  if (staging.empty() || staged + bytes > staging.back().size()) {
    staging.emplace_back(card, std::max(bytes, kLeastStaging));
    staged = 0;
  }
  char *place = staging.back().data() + staged;
  staged += bytes;
  return place;
}

void Stream::download(void *to, Address from, int64_t bytes) {
  attempt([&] {
    bool isStaged = bytes <= kLargestStaged;
    char *pinned = isStaged ? stage(bytes) : nullptr;
    void *target = isStaged ? pinned : to;
    check(card.driver.cuMemcpyDtoHAsync_v2(target, from, static_cast<unsigned long>(bytes), stream),
          "a copy from the card");
    if (isStaged)
      downloads.push_back({to, pinned, bytes});
  });
}

void Stream::downloadPinned(char *to, Address from, int64_t bytes) {
  attempt([&] {
    check(card.driver.cuMemcpyDtoHAsync_v2(to, from, static_cast<unsigned long>(bytes), stream),
          "a copy from the card");
  });
}

void Stream::copy(Address to, Address from, int64_t bytes) {
  attempt([&] {
    check(card.driver.cuMemcpyDtoDAsync_v2(to, from, static_cast<unsigned long>(bytes), stream), "a copy on the card");
  });
}

void Stream::copy(Address to, const Card &toCard, Address from, int64_t bytes) {
  if (&toCard == &card)
    return copy(to, from, bytes);
  attempt([&] {
    check(card.driver.cuMemcpyPeerAsync(to, toCard.context(), from, card.context(), static_cast<unsigned long>(bytes),
                                        stream),
          "a copy from " + card.name() + " to " + toCard.name());
  });
}

void Stream::clear(Address to, int64_t bytes) {
  attempt([&] {
    check(card.driver.cuMemsetD8Async(to, 0, static_cast<unsigned long>(bytes), stream), "a fill on the card");
  });
}

void Stream::record(const Event &event) {
  attempt([&] { check(card.driver.cuEventRecord(event.get(), stream), "an event"); });
}

void Stream::wait(const Event &event) {
  attempt([&] { check(card.driver.cuStreamWaitEvent(stream, event.get(), 0), "an event"); });
}

void Stream::launch(void *function, const Shape &shape, std::vector<Address> &parameters, const std::string &name) {
  attempt([&] {
    std::unique_lock<std::mutex> turn;
    if (synchronous)
      turn = failure.takeTurn();
    std::vector<void *> places;
    for (Address &parameter : parameters)
      places.push_back(&parameter);
    check(card.driver.cuLaunchKernel(function, shape.grid[0], shape.grid[1], shape.grid[2], shape.block[0],
                                     shape.block[1], shape.block[2], shape.sharedBytes, stream, places.data(), nullptr),
          name);
    if (!synchronous)
      return;
    if (int status = card.driver.cuStreamSynchronize(stream); status != kSuccess)
      throw KernelError(name + ": the CUDA driver says " + card.driver.describe(status));
  });
}

/// Times are told from here on: those of a long run would have few digits left.
void Stream::beginMarks() {
  bool isFirst = marks.events.empty();
  for (size_t i = marks.events.size(); i < 2; ++i)
    marks.events.emplace_back(card, kEventTimed);
  marks.used = 2;
  marks.areRead = false;
  record(marks.events[1]);
  check(card.driver.cuEventSynchronize(marks.events[1].get()), "an event");
  marks.origin = isFirst ? Clock::now() : whenDone(1);
  std::swap(marks.events[0], marks.events[1]);
  marks.used = 1;
}

int64_t Stream::mark() {
  attempt([&] {
    if (marks.areRead)
      beginMarks();
    if (marks.used == marks.events.size())
      marks.events.emplace_back(card, kEventTimed);
    record(marks.events[marks.used++]);
  });
  return static_cast<int64_t>(marks.used) - 1;
}

Clock::time_point Stream::whenDone(int64_t mark) const {
  float milliseconds = 0;
  if (!failed && mark > 0)
    card.driver.cuEventElapsedTime(&milliseconds, marks.events.front().get(),
                                   marks.events[static_cast<size_t>(mark)].get());
  return marks.origin +
         std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double, std::milli>(milliseconds));
}

void *Stream::capture(const std::string &what, const std::function<void()> &work) {
  void *graph = nullptr;
  // Other threads go on meanwhile, with whatever they ask for.
  check(card.driver.cuStreamBeginCapture_v2(stream, kCaptureThreadLocal), "a capture");
  work();
  check(card.driver.cuStreamEndCapture(stream, &graph), what);
  return graph;
}

void Stream::finish(const Event &event) {
  attempt([&] { check(card.driver.cuEventSynchronize(event.get()), card.name()); });
}

void Stream::finish() {
  attempt([&] {
    check(card.driver.cuStreamSynchronize(stream), card.name());
    for (const Download &download : downloads)
      std::memcpy(download.to, download.from, static_cast<size_t>(download.bytes));
  });
  downloads.clear();
  // All of it is free again; where it took several blocks, the next is as large as they were together.
  if (staging.size() > 1) {
    int64_t together = 0;
    for (const PinnedMemory &block : staging)
      together += block.size();
    staging.clear();
    attempt([&] { staging.emplace_back(card, together); });
  }
  staged = 0;
}
