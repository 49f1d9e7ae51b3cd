//===- Stream.h - Streams as threads, and events ------------------------------------------===//
//
// A stream's thread does its work in order: as soon as it can, only when somebody waits for it, or at random, by the
// settings. Work that fails ends the context: what follows is not done.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_DRIVER_STREAM_H
#define SLUICE_TEST_CUDAEMULATOR_DRIVER_STREAM_H

#include "test/cuda-emulator/driver/Device.h"
#include "test/cuda-emulator/driver/Order.h"
#include "test/cuda-emulator/run/Findings.h"
#include "test/cuda-emulator/run/Random.h"
#include <condition_variable>
#include <deque>
#include <functional>
#include <thread>

namespace sluice::emulator {

struct Capture;
struct CapturePlace;

/// Work at a moment. Throws Fault.
using Work = std::function<void(const Moment &)>;

class Stream : public std::enable_shared_from_this<Stream> {
public:
  Stream(Context &context, bool isBlocking);
  ~Stream();

  Context &context;
  const bool isBlocking;                 ///< it and the null stream wait for each other
  std::shared_ptr<CapturePlace> capture; ///< where its work is recorded instead of done

  /// Adds work, and what the host knows by now. Returns its number.
  u64 submit(Work work);
  /// Work that takes part in the order of streams itself: it may change the stream's clock.
  u64 submitOrdering(std::function<void(Clock &)> work);
  /// Sees to it that the work with this number is done without anybody waiting.
  void demand(u64 number);
  /// Waits for all work so far, which the host then knows.
  void synchronize();
  bool isDone();
  /// Whether all is done; asked often enough, the work is begun.
  bool query();

private:
  struct Item {
    Work work;
    std::function<void(Clock &)> ordering;
    Clock host;
  };

  u64 add(Item item);
  void loop();
  void perform(Item &item);
  bool mayBegin();

  const u64 timeline;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Item> items;
  u64 submitted = 0, completed = 0, demanded = 0, queries = 0;
  bool isEnding = false;
  Random random;
  Clock clock; ///< of the work that was done, for the thread; read by others while nothing is to do
  std::thread thread;
};

/// One recording of an event.
struct Recording {
  std::weak_ptr<Stream> stream;
  u64 number = 0; ///< of the stream's work
  std::mutex mutex;
  std::condition_variable changed;
  bool isDone = false;
  Clock clock;
  double seconds = 0;

  void finish(const Clock &at);
  void wait();
};

struct Event {
  std::mutex mutex;
  std::shared_ptr<Recording> last;              ///< null: never recorded
  std::shared_ptr<const CapturePlace> captured; ///< where it was recorded last in a capture
  bool isTimed = true;
};

/// What the host knows has happened: all that it waited for.
void joinHostClock(const Clock &clock);
Clock hostClock();
/// A moment of the host's own work.
Moment hostMoment();

Handles<Stream> &streams();
Handles<Event> &events();

/// Waits for the streams of a context: all, or only those that the null stream waits for.
void synchronize(Context &context, bool onlyBlocking);

/// Reports a fault, and ends the context.
void fail(Context &context, const Fault &fault);

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_DRIVER_STREAM_H
