//===- ChannelTest.cpp - Tests of messages between threads ----------------===//

#include "runtime/engine/Channel.h"
#include "runtime/engine/Crew.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <vector>

using namespace sluice::runtime;

namespace {

void send(Channel &channel, int64_t value) {
  std::memcpy(channel.beginSend(), &value, sizeof(value));
  channel.endSend();
}

int64_t receive(Channel &channel) {
  int64_t value;
  std::memcpy(&value, channel.beginReceive(), sizeof(value));
  channel.endReceive();
  return value;
}

TEST(ChannelTest, HoldsAsManyMessagesAsItsCapacity) {
  Channel channel(sizeof(int64_t), 2, std::chrono::microseconds(0));
  EXPECT_FALSE(channel.hasMessage());
  send(channel, 1);
  EXPECT_TRUE(channel.hasRoom());
  send(channel, 2);
  EXPECT_FALSE(channel.hasRoom());
  EXPECT_EQ(receive(channel), 1);
  EXPECT_TRUE(channel.hasRoom());
  send(channel, 3);
  EXPECT_EQ(receive(channel), 2);
  EXPECT_EQ(receive(channel), 3);
  EXPECT_FALSE(channel.hasMessage());
}

TEST(ChannelTest, KeepsTheOrderBetweenThreadsThatWaitForEachOther) {
  constexpr int64_t kMessages = 20000;
  for (int32_t capacity : {1, 3})
    for (int spin : {0, 50}) {
      Channel there(sizeof(int64_t), capacity, std::chrono::microseconds(spin)),
          back(sizeof(int64_t), capacity, std::chrono::microseconds(spin));
      int64_t wrong = 0;
      Crew crew(2);
      crew.run([&](uint32_t member) {
        for (int64_t i = 0; i < kMessages; ++i)
          if (member == 0) {
            send(there, i);
            if (i % 7 == 0)
              wrong += receive(back) != i;
          } else {
            wrong += receive(there) != i;
            if (i % 7 == 0)
              send(back, i);
          }
      });
      EXPECT_EQ(wrong, 0) << capacity << " " << spin;
    }
}

TEST(CrewTest, EveryMemberDoesItsPartOfEveryRound) {
  constexpr uint32_t kSize = 5;
  Crew crew(kSize);
  std::vector<int> rounds(kSize);
  for (int round = 1; round <= 200; ++round) {
    crew.run([&](uint32_t member) { ++rounds[member]; });
    EXPECT_EQ(rounds, std::vector<int>(kSize, round));
  }
}

TEST(CrewTest, TheCallerIsTheFirstMember) {
  Crew alone(1), pair(2);
  std::thread::id caller = std::this_thread::get_id(), first, second;
  alone.run([&](uint32_t) { first = std::this_thread::get_id(); });
  EXPECT_EQ(first, caller);
  pair.run([&](uint32_t member) { (member == 0 ? first : second) = std::this_thread::get_id(); });
  EXPECT_EQ(first, caller);
  EXPECT_NE(second, caller);
}

} // namespace
