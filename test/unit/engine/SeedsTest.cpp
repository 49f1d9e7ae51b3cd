//===- SeedsTest.cpp - Tests of the seeds of a run ------------------------===//

#include "runtime/engine/Seeds.h"

#include "TestFiles.h"

#include <gtest/gtest.h>

using namespace sluice::runtime;

namespace {

using SeedMap = std::map<std::string, uint64_t>;

TEST(SeedsTest, ASeedThatIsNotGivenIsThatOfTheRun) {
  Seeds seeds;
  EXPECT_EQ(seeds.byUse(), (SeedMap{{"seed", 0}, {"init", 0}, {"data", 0}, {"gate", 0}}));
  seeds.run = 3;
  seeds.gate = 4;
  EXPECT_EQ(seeds.ofRun(), 3u);
  EXPECT_EQ(seeds.ofWeights(), 3u);
  EXPECT_EQ(seeds.ofData(), 3u);
  EXPECT_EQ(seeds.ofGates(), 4u);
  EXPECT_EQ(seeds.byUse(), (SeedMap{{"seed", 3}, {"init", 3}, {"data", 3}, {"gate", 4}}));
}

TEST(SeedsTest, ResumingTakesAllSeedsOfTheCheckpoint) {
  Seeds seeds;
  seeds.gate = 9; // as the checkpoint says
  SeedMap saved{{"seed", 3}, {"init", 4}, {"data", 5}, {"gate", 9}};
  seeds.resume(saved);
  EXPECT_EQ(seeds.byUse(), saved);
  EXPECT_EQ(seeds.ofWeights(), 4u);
  EXPECT_EQ(seeds.ofData(), 5u);
}

TEST(SeedsTest, ResumingRefusesASeedThatContradicts) {
  Seeds seeds;
  seeds.gate = 8;
  EXPECT_EQ(messageOf([&] { seeds.resume({{"seed", 3}, {"init", 3}, {"data", 3}, {"gate", 9}}); }),
            "--gate-seed=8 contradicts the checkpoint, which was made with 9");
}

TEST(SeedsTest, ResumingRefusesACheckpointThatLacksASeed) {
  Seeds seeds;
  EXPECT_EQ(messageOf([&] { seeds.resume({{"seed", 3}, {"init", 3}, {"gate", 3}}); }),
            "the checkpoint does not say the seed 'data'");
}

} // namespace
