//===- PoolTest.cpp - Tests of the thread pool ----------------------------===//

#include "runtime/cpu/Pool.h"

#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace {

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
      EXPECT_LE(recorder.parts.size(), threads);
    }
  }
}

TEST(PoolTest, CutsEvenly) {
  sluice_pool pool(4, 0);
  Recorder recorder;
  recorder.visits.resize(10);
  pool.run(10, Recorder::body, &recorder);
  std::set<std::pair<int64_t, int64_t>> parts(recorder.parts.begin(), recorder.parts.end());
  EXPECT_EQ(parts, (std::set<std::pair<int64_t, int64_t>>{{0, 2}, {2, 5}, {5, 7}, {7, 10}}));
}

TEST(PoolTest, GivesEachThreadScratchOfItsOwn) {
  constexpr int64_t kScratch = 100;
  sluice_pool pool(3, kScratch);
  std::set<void *> blocks;
  std::mutex mutex;
  struct Context {
    std::set<void *> &blocks;
    std::mutex &mutex;
  } context{blocks, mutex};
  pool.run(
      3,
      [](const void *context, int64_t begin, int64_t, void *scratch) {
        for (int64_t i = 0; i < kScratch; ++i)
          static_cast<char *>(scratch)[i] = static_cast<char>(begin);
        auto &shared = *static_cast<const Context *>(context);
        std::lock_guard<std::mutex> lock(shared.mutex);
        shared.blocks.insert(scratch);
      },
      &context);
  EXPECT_EQ(blocks.size(), 3u);
  for (void *block : blocks)
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % SLUICE_ALIGNMENT, 0u);
}

TEST(PoolTest, WakesWorkersThatSleep) {
  sluice_pool pool(2, 0);
  for (int round = 0; round < 20; ++round) {
    // Longer than the workers spin.
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    Recorder recorder;
    recorder.visits.resize(2);
    pool.run(2, Recorder::body, &recorder);
    EXPECT_EQ(recorder.parts.size(), 2u);
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

TEST(PoolTest, RefusesNoThreads) { EXPECT_THROW(sluice_pool(0, 0), std::invalid_argument); }

} // namespace
