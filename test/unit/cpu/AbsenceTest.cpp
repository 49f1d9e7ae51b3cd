//===- AbsenceTest.cpp - Tests of when a worker stays away ----------------===//

#include "runtime/cpu/Absence.h"

#include <gtest/gtest.h>

#include <thread>

using namespace sluice::runtime;
using std::chrono::milliseconds;
using Time = Clock::duration;

namespace {

TEST(AbsenceTest, TakesNoNoticeOfMoments) {
  Absence absence;
  EXPECT_EQ(absence.after(std::chrono::microseconds(199), Time{}), Time{});
}

TEST(AbsenceTest, DoublesUpToABoundWhileItsWorkIsNotWorthTheWaiting) {
  Absence absence;
  EXPECT_EQ(absence.after(milliseconds(6), milliseconds(3)), Time(milliseconds(96)));
  EXPECT_EQ(absence.after(milliseconds(6), milliseconds(3)), Time(milliseconds(192)));
  EXPECT_EQ(absence.after(milliseconds(6), milliseconds(95)), Time(milliseconds(384)));
  EXPECT_EQ(absence.after(milliseconds(6), milliseconds(3)), Time(milliseconds(768)));
  EXPECT_EQ(absence.after(milliseconds(6), milliseconds(3)), Time(milliseconds(1000)));
  // Looking costs a share at most, however long the waits are.
  EXPECT_EQ(absence.after(milliseconds(100), milliseconds(3)), Time(milliseconds(2000)));
  EXPECT_EQ(absence.after(milliseconds(100), milliseconds(3)), Time(milliseconds(3200)));
}

TEST(AbsenceTest, StartsOverOnceItsWorkIsWorthTheWaiting) {
  Absence absence;
  absence.after(milliseconds(6), milliseconds(3));
  absence.after(milliseconds(6), milliseconds(3));
  EXPECT_EQ(absence.after(milliseconds(6), milliseconds(96)), Time(milliseconds(96)));
}

TEST(OffProcessorTest, CountsTimeAsleepAndNotTimeAtWork) {
  OffProcessor off;
  std::this_thread::sleep_for(milliseconds(30));
  EXPECT_GE(off.time(), milliseconds(29));
  EXPECT_GE(off.nowAndThen(), milliseconds(29));
  // At work until the thread has had 30 ms, whatever the machine does beside it.
  Clock::time_point start = Clock::now();
  Time ran = processorTime();
  off.restart();
  while (processorTime() - ran < milliseconds(30))
    continue;
  Time taken = Clock::now() - start;
  EXPECT_LE(off.time(), taken - milliseconds(29));
}

} // namespace
