//===- TraceTest.cpp - Tests of the timeline of a run ---------------------===//

#include "runtime/train/Trace.h"

#include "TestFiles.h"

#include <atomic>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace sluice::runtime;
using nlohmann::json;
using std::chrono::microseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

namespace {

class TraceTest : public FilesTest {
protected:
  TraceTest() : start(steady_clock::now()) {}

  /// An event of a device that lasts a microsecond; `at` is when it begins.
  TraceEvent event(size_t device, int64_t step, nanoseconds at = nanoseconds(0)) const {
    return {device, "forward", step, /*microBatch=*/step % 7, start + at, start + at + microseconds(1)};
  }

  json read(const std::string &name = "trace") const { return json::parse(get(name)); }

  /// What is there without the names of process and devices.
  std::vector<json> readEvents() const {
    std::vector<json> events;
    for (const json &entry : read())
      if (entry["ph"] == "X")
        events.push_back(entry);
    return events;
  }

  steady_clock::time_point start;
};

TEST_F(TraceTest, NamesTheProcessAndARowADevice) {
  Trace(path("trace"), "a \"model\" \xFF", {"stage 0", "stage 1 replica 1"});
  EXPECT_EQ(read(), json::parse(R"([
    {"ph": "M", "name": "process_name", "pid": 1, "args": {"name": "a \"model\" \uFFFD"}},
    {"ph": "M", "name": "thread_name", "pid": 1, "tid": 1, "args": {"name": "stage 0"}},
    {"ph": "M", "name": "thread_sort_index", "pid": 1, "tid": 1, "args": {"sort_index": 0}},
    {"ph": "M", "name": "thread_name", "pid": 1, "tid": 2, "args": {"name": "stage 1 replica 1"}},
    {"ph": "M", "name": "thread_sort_index", "pid": 1, "tid": 2, "args": {"sort_index": 1}}
  ])"));
}

TEST_F(TraceTest, TellsEventsInMicroseconds) {
  steady_clock::time_point before = steady_clock::now();
  {
    Trace trace(path("trace"), "model", {"stage 0", "stage 1"});
    steady_clock::time_point after = steady_clock::now();
    trace.add({1, "backward", 4, 3, after + nanoseconds(1500), after + nanoseconds(2841125)});
    trace.add({0, "update", 4, -1, after, after});
    // Two days on: no digit is lost.
    trace.add({0, "wait", 5, 0, after, after + std::chrono::hours(48) + nanoseconds(1)});
    // What began before the trace did.
    trace.add({0, "recv", 5, 0, before - nanoseconds(500), before});
  }
  std::vector<json> events = readEvents();
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0]["name"], "backward");
  EXPECT_EQ(events[0]["pid"], 1);
  EXPECT_EQ(events[0]["tid"], 2);
  EXPECT_EQ(events[0]["dur"], 2839.625);
  EXPECT_EQ(events[0]["args"], json::parse(R"({"step": 4, "micro_batch": 3})"));
  EXPECT_EQ(events[1]["args"], json::parse(R"({"step": 4})"));
  EXPECT_EQ(events[1]["tid"], 1);
  EXPECT_EQ(events[1]["dur"], 0.0);
  EXPECT_NEAR(events[0]["ts"].get<double>() - events[1]["ts"].get<double>(), 1.5, 1e-3);
  EXPECT_GE(events[1]["ts"], 0.0);
  EXPECT_NE(get("trace").find("\"dur\": 172800000000.001,"), std::string::npos);
  EXPECT_LE(events[3]["ts"], -0.5);
  EXPECT_EQ(events[3]["dur"], 0.5);
}

TEST_F(TraceTest, IsValidAfterEveryWrite) {
  Trace trace(path("trace"), "model", {"stage 0"});
  EXPECT_EQ(readEvents().size(), 0u);
  for (int64_t step = 0; step < 200; ++step) {
    trace.add(event(0, step));
    trace.flush();
    ASSERT_EQ(readEvents().size(), static_cast<size_t>(step) + 1);
  }
  trace.flush();
  EXPECT_EQ(readEvents().size(), 200u);
  EXPECT_EQ(readEvents().back()["args"]["step"], 199);
}

TEST_F(TraceTest, WritesEventsThatAreOldOrMany) {
  Trace trace(path("trace"), "model", {"stage 0"});
  trace.add(event(0, 0));
  EXPECT_EQ(readEvents().size(), 0u);
  trace.add(event(0, 1, std::chrono::seconds(2)));
  EXPECT_EQ(readEvents().size(), 2u);
  // All but a few are in the file: what is kept in memory does not grow.
  for (int64_t step = 2; step < 20000; ++step)
    trace.add(event(0, step));
  EXPECT_GT(readEvents().size(), 19000u);
  EXPECT_LT(readEvents().size(), 20000u);
}

TEST_F(TraceTest, IsValidAfterAKill) {
  for (int signal : {SIGTERM, SIGKILL}) {
    pid_t child = ::fork();
    if (child == 0) {
      Trace trace(path("trace"), "model", {"stage 0"});
      for (int64_t step = 0; step < 20000; ++step)
        trace.add(event(0, step));
      ::kill(::getpid(), signal);
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    std::vector<json> events = readEvents();
    EXPECT_GT(events.size(), 19000u);
    EXPECT_EQ(events.back()["args"]["step"], events.size() - 1);
  }
}

TEST_F(TraceTest, TakesEventsOfManyThreads) {
  constexpr size_t kDevices = 4, kEvents = 5000;
  {
    Trace trace(path("trace"), "model", std::vector<std::string>(kDevices, "stage"));
    std::atomic<size_t> waiting = kDevices;
    std::vector<std::thread> threads;
    for (size_t device = 0; device < kDevices; ++device)
      threads.emplace_back([&, device] {
        // All at once, so that they meet.
        for (--waiting; waiting > 0;)
          std::this_thread::yield();
        for (size_t step = 0; step < kEvents; ++step)
          trace.add(event(device, static_cast<int64_t>(step)));
      });
    for (std::thread &thread : threads)
      thread.join();
  }
  // Those of a device are in its order.
  std::vector<size_t> next(kDevices);
  for (const json &entry : readEvents())
    EXPECT_EQ(entry["args"]["step"], next.at(entry["tid"].get<size_t>() - 1)++);
  EXPECT_EQ(next, std::vector<size_t>(kDevices, kEvents));
}

TEST_F(TraceTest, ReplacesWhatIsThere) {
  put("trace", std::string(10000, 'x'));
  Trace(path("trace"), "model", {});
  EXPECT_EQ(read().size(), 1u);
}

TEST_F(TraceTest, APipeGetsItsEndOnce) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  {
    Trace trace("/dev/fd/" + std::to_string(ends[1]), "model", {"stage 0"});
    trace.add(event(0, 0));
    trace.flush();
    trace.add(event(0, 1));
    trace.check();
  }
  ::close(ends[1]);
  char bytes[4096];
  ssize_t count = ::read(ends[0], bytes, sizeof(bytes));
  ::close(ends[0]);
  ASSERT_GT(count, 0);
  EXPECT_EQ(json::parse(bytes, bytes + count).size(), 5u);
}

TEST_F(TraceTest, AFileThatCannotBeOpenedIsAnError) {
  EXPECT_MESSAGE(Error, Trace(path("none/trace"), "model", {}),
                 "cannot write the trace " + path("none/trace") + ": No");
}

TEST_F(TraceTest, AFullDiskIsAFailedRun) {
  Trace full("/dev/full", "model", {});
  EXPECT_MESSAGE(OutputError, full.check(), "cannot write the trace /dev/full: No space left on device");
}

TEST_F(TraceTest, AFullDiskLeavesWhatFitted) {
  struct rlimit before, some;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  some = before;
  some.rlim_cur = 150000;
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &some), 0);
  std::string message;
  {
    Trace trace(path("trace"), "model", {"stage 0"});
    for (int64_t step = 0; step < 5000; ++step)
      trace.add(event(0, step));
    trace.flush();
    message = messageOf<OutputError>([&] { trace.check(); });
  }
  EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(message, "cannot write the trace " + path("trace") + ": File too large");
  EXPECT_GT(readEvents().size(), 500u);
  EXPECT_LT(get("trace").size(), 150001u);
}

} // namespace
