//===- PoolTest.cpp - Tests of the thread pool ----------------------------===//

#include "runtime/cpu/Pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

using sluice::runtime::Parts;

namespace {

/// After as long, a test fails that would else wait for ever.
constexpr std::chrono::seconds kLong(30);

/// Adds one to every index of its part and notes the part.
struct Recorder {
  std::vector<int> visits;
  std::vector<std::pair<int64_t, int64_t>> parts;
  std::mutex mutex;

  static void body(const void *context, int64_t begin, int64_t end, void *) {
    auto &recorder = *static_cast<Recorder *>(const_cast<void *>(context));
    for (int64_t i = begin; i < end; ++i)
      ++recorder.visits[i];
    std::lock_guard<std::mutex> lock(recorder.mutex);
    recorder.parts.push_back({begin, end});
  }
};

TEST(PoolTest, VisitsEveryIndexOnceInContiguousParts) {
  for (unsigned threads : {1u, 2u, 3u, 7u}) {
    sluice_pool pool(threads, 0);
    EXPECT_EQ(pool.size(), threads);
    for (int64_t count : {0, 1, 2, 5, 7, 8, 1000}) {
      Recorder recorder;
      recorder.visits.resize(count);
      pool.run(count, Recorder::body, &recorder);
      EXPECT_EQ(recorder.visits, std::vector<int>(count, 1));
      EXPECT_LE(recorder.parts.size(), size_t(Parts::kPieces) * threads);
    }
  }
}

TEST(PoolTest, GivesEachThreadScratchOfItsOwn) {
  constexpr int64_t kScratch = 100;
  constexpr size_t kThreads = 3;
  sluice_pool pool(kThreads, kScratch);
  struct Context {
    std::mutex mutex;
    std::condition_variable changed;
    std::set<void *> blocks;
  } context;
  pool.run(
      kThreads,
      [](const void *context, int64_t begin, int64_t, void *scratch) {
        for (int64_t i = 0; i < kScratch; ++i)
          static_cast<char *>(scratch)[i] = static_cast<char>(begin);
        auto &shared = *static_cast<Context *>(const_cast<void *>(context));
        std::unique_lock<std::mutex> lock(shared.mutex);
        shared.blocks.insert(scratch);
        shared.changed.notify_all();
        // A thread that is here takes no other part: each is left to a thread of its own.
        shared.changed.wait_for(lock, kLong, [&] { return shared.blocks.size() == kThreads; });
      },
      &context);
  EXPECT_EQ(context.blocks.size(), kThreads);
  for (void *block : context.blocks)
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % SLUICE_ALIGNMENT, 0u);
}

TEST(PoolTest, LeavesTheRestToOthersWhereAPartIsSlow) {
  constexpr int64_t kCount = 1000;
  sluice_pool pool(3, 0);
  for (bool callerIsSlow : {false, true}) {
    std::atomic<int64_t> done{0};
    std::atomic<bool> slow{false}, timeIsUp{false};
    auto caller = std::this_thread::get_id();
    pool.run(kCount, [&](int64_t begin, int64_t end) {
      // The first part of a thread is half of its third.
      if ((std::this_thread::get_id() == caller) == callerIsSlow && !slow.exchange(true)) {
        auto deadline = std::chrono::steady_clock::now() + kLong;
        while (done < kCount - (end - begin) && !timeIsUp)
          timeIsUp = std::chrono::steady_clock::now() > deadline;
      } else if (callerIsSlow || !slow) {
        // Somebody has to be slow before all is done.
        auto deadline = std::chrono::steady_clock::now() + kLong;
        while (!slow && !timeIsUp)
          timeIsUp = std::chrono::steady_clock::now() > deadline;
      }
      done += end - begin;
    });
    EXPECT_EQ(done, kCount);
    EXPECT_TRUE(slow);
    EXPECT_FALSE(timeIsUp);
  }
}

TEST(PoolTest, WakesWorkersThatSleep) {
  sluice_pool pool(2, 0);
  for (int round = 0; round < 20; ++round) {
    // Longer than the workers spin.
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::atomic<int> here{0};
    pool.run(2, [&](int64_t, int64_t) {
      ++here;
      // A thread that waits here takes no other part.
      for (auto deadline = std::chrono::steady_clock::now() + kLong;
           here != 2 && std::chrono::steady_clock::now() < deadline;)
        std::this_thread::yield();
    });
    ASSERT_EQ(here, 2);
  }
}

TEST(PoolTest, WaitsForASlowWorker) {
  sluice_pool pool(2, 0);
  std::vector<int> done(2);
  pool.run(2, [&](int64_t begin, int64_t end) {
    if (begin == 1)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    for (int64_t i = begin; i < end; ++i)
      done[i] = 1;
  });
  EXPECT_EQ(done, std::vector<int>(2, 1));
}

TEST(PoolTest, SurvivesManyShortLoops) {
  sluice_pool pool(4, 0);
  int64_t sums[4] = {};
  for (int round = 0; round < 2000; ++round)
    pool.run(4, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        sums[i] += i;
    });
  for (int64_t i = 0; i < 4; ++i)
    EXPECT_EQ(sums[i], 2000 * i);
}

TEST(PoolTest, KeepsLoopsApartThatFollowEachOther) {
  // More threads than processors come late, to loops of other sizes with bodies that are gone.
  sluice_pool pool(5, 0);
  for (int64_t round = 0; round < 20000; ++round) {
    int64_t count = 2 + round % 61;
    std::vector<int64_t> found(count, -1);
    pool.run(count, [&found, round](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        found[i] = found[i] == -1 ? round + i : -2;
    });
    for (int64_t i = 0; i < count; ++i)
      ASSERT_EQ(found[i], round + i);
  }
}

TEST(PoolTest, RefusesNoThreads) { EXPECT_THROW(sluice_pool(0, 0), std::invalid_argument); }

} // namespace
