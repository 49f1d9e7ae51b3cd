//===- Stream.h - Work of a card, in order ----------------------*- C++ -*-===//
//
// One of the program's devices. What it is asked for is done in that order, and later. A call that fails is the last:
// its reason is kept in the process's failure, and what comes after it is left out, so that other devices, which wait
// for messages, go on to the end of the step.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_CUDA_STREAM_H
#define SLUICE_RUNTIME_CUDA_STREAM_H

#include "runtime/Error.h"
#include "runtime/abi.h"
#include "runtime/cpu/Wait.h"
#include "runtime/cuda/Card.h"
#include "runtime/cuda/Failure.h"

#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace sluice::cuda {

/// One thread at a time may call it.
class Stream {
public:
  /// One that is synchronous waits for each kernel, so that a fault says which it was. The others must outlive it.
  Stream(const Card &card, Failure &failure, bool isSynchronous);
  ~Stream();
  Stream(const Stream &) = delete;
  Stream &operator=(const Stream &) = delete;

  bool hasFailed() const { return failed; }

  /// Copies memory of the host, which stays as it is until the stream is finished unless it is pageable.
  void upload(Address to, const void *from, int64_t bytes);
  /// Copies a step by way of pinned memory, so that the caller may change it at once.
  void upload(Address to, const sluice_step &step);
  /// To memory of the host when the stream is finished.
  void download(void *to, Address from, int64_t bytes);
  /// The same to pinned memory, without a copy in between: it is there behind an event as well.
  void downloadPinned(char *to, Address from, int64_t bytes);
  void copy(Address to, Address from, int64_t bytes);
  /// The same to another card.
  void copy(Address to, const Card &toCard, Address from, int64_t bytes);
  void clear(Address to, int64_t bytes);

  /// What comes after these is behind what came before.
  void record(const Event &event);
  void wait(const Event &event);

  /// Launches a kernel whose parameters are 64 bits each.
  struct Shape {
    const uint32_t *grid, *block;
    uint32_t sharedBytes;
  };
  void launch(void *function, const Shape &shape, std::vector<Address> &parameters, const std::string &name);

  /// A point in time, for whenDone() behind finish().
  int64_t mark();
  runtime::Clock::time_point whenDone(int64_t mark) const;
  /// Nobody asks for the marks so far any more.
  void forgetMarks() { marks.areRead = true; }

  /// Has the driver keep what `work` asks the stream for, in place of doing it: the graph, which is the caller's.
  void *capture(const std::string &what, const std::function<void()> &work);

  /// Waits until all is done.
  void finish();
  /// The same where nobody asks any more what has become of it.
  void drain();
  /// Waits for an event that was recorded here.
  void finish(const Event &event);

  /// Calls what may throw a RunError, which is kept, unless something has failed before.
  template <typename Function> void attempt(const Function &function) {
    if (failed)
      return;
    try {
      card.makeCurrent();
      function();
    } catch (const runtime::RunError &error) {
      failed = true;
      failure.add(error);
    }
  }
  /// Throws where the driver says that something has failed, maybe long before.
  void check(int status, const std::string &what) const;

  const Card &card;
  void *get() const { return stream; }
  bool isSynchronous() const { return synchronous; }

private:
  /// Pinned memory for steps, which is used in turn.
  struct StagedSteps {
    PinnedMemory memory;
    std::vector<Event> copied;
    size_t next = 0;
  };
  /// What is to be copied on from pinned memory.
  struct Download {
    void *to;
    const char *from;
    int64_t bytes;
  };
  struct Marks {
    std::deque<Event> events; ///< The first is that of the origin.
    runtime::Clock::time_point origin;
    size_t used = 1;
    bool areRead = true;
  };
  char *stage(int64_t bytes);
  void beginMarks();

  Failure &failure;
  bool synchronous;
  bool failed = false;
  void *stream = nullptr;
  StagedSteps steps;
  std::deque<PinnedMemory> staging; ///< For downloads, of which the last has room.
  int64_t staged = 0;               ///< Bytes of that.
  std::vector<Download> downloads;
  Marks marks;
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_STREAM_H
