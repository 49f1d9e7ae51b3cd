//===- ProgressTest.cpp ---------------------------------------------------===//
#include "runtime/train/Progress.h"

#include <algorithm>
#include <cerrno>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

using namespace sluice::runtime;

namespace {

/// What is shown of steps of `seconds` each, 1,000 tokens a step.
class ProgressTest : public ::testing::Test {
protected:
  void SetUp() override { stream = std::tmpfile(); }
  void TearDown() override { std::fclose(stream); }

  std::function<double()> clock() {
    return [this] { return now; };
  }

  void steps(Progress &progress, int64_t from, int64_t to, double seconds) {
    for (int64_t step = from + 1; step <= to; ++step) {
      now += seconds;
      progress.update(step, 2.5, 1000);
    }
  }

  std::string shown() {
    std::string text(static_cast<size_t>(std::ftell(stream)), '\0');
    std::rewind(stream);
    EXPECT_EQ(std::fread(text.data(), 1, text.size(), stream), text.size());
    return text;
  }

  FILE *stream = nullptr;
  double now = 100;
};

size_t count(const std::string &text, char c) { return static_cast<size_t>(std::count(text.begin(), text.end(), c)); }

TEST_F(ProgressTest, LinesAtASensibleInterval) {
  {
    Progress progress(stream, ProgressMode::Auto, 0, 1000, clock());
    steps(progress, 0, 1000, 0.5);
  }
  std::string text = shown();
  EXPECT_EQ(text.find("step    1/1000  loss 2.5000  2.00k tokens/s  8m20s left\nstep   50/1000  "), 0u) << text;
  EXPECT_NE(text.find("step 1000/1000  loss 2.5000  2.00k tokens/s\n"), std::string::npos) << text;
  EXPECT_EQ(count(text, '\n'), 21u);
  EXPECT_EQ(count(text, '\r'), 0u);
}

TEST_F(ProgressTest, ANoteStandsBehindTheRate) {
  Progress progress(stream, ProgressMode::Lines, 0, 2, clock());
  now += 1;
  progress.update(1, 2.5, 1000, "bubble 12.5 %");
  now += 1;
  progress.update(2, 2.5, 1000);
  EXPECT_EQ(shown(), "step 1/2  loss 2.5000  1.00k tokens/s  bubble 12.5 %  1s left\n"
                     "step 2/2  loss 2.5000  1.00k tokens/s\n");
}

TEST_F(ProgressTest, LinesOfASlowRun) {
  Progress progress(stream, ProgressMode::Lines, 0, 100000, clock());
  steps(progress, 0, 10, 12);
  EXPECT_EQ(count(shown(), '\n'), 4u); // steps 1, 4, 7, 10
}

TEST_F(ProgressTest, AResumedRun) {
  Progress progress(stream, ProgressMode::Lines, 90, 100, clock());
  steps(progress, 90, 91, 1);
  EXPECT_EQ(shown(), "step  91/100  loss 2.5000  1.00k tokens/s  9s left\n");
}

TEST_F(ProgressTest, RatesAreOfTheLastSecondsAndOfStepsOnly) {
  Progress progress(stream, ProgressMode::Lines, 0, 1000, clock());
  steps(progress, 0, 30, 4);
  now += 500; // an evaluation
  progress.skipTime();
  steps(progress, 30, 130, 1);
  EXPECT_NE(shown().find("1.00k tokens/s  15m00s left\n"), std::string::npos);
}

TEST_F(ProgressTest, TheFirstStepIsForgottenAtTheSecond) {
  Progress progress(stream, ProgressMode::Lines, 0, 40, clock());
  steps(progress, 0, 1, 30);
  steps(progress, 1, 40, 0.01);
  std::string text = shown();
  EXPECT_NE(text.find("step  1/40  loss 2.5000  33.3 tokens/s  19m30s left\n"), std::string::npos) << text;
  EXPECT_NE(text.find("step  2/40  loss 2.5000  100k tokens/s  0s left\n"), std::string::npos) << text;
}

TEST_F(ProgressTest, RatesFollowAChangeWithinSeconds) {
  Progress progress(stream, ProgressMode::Lines, 0, 4000, clock());
  steps(progress, 0, 1000, 0.01);
  steps(progress, 1000, 1020, 0.25); // for five seconds
  steps(progress, 1020, 4000, 0.25);
  std::string text = shown();
  EXPECT_NE(text.find("step 1000/4000  loss 2.5000  100k tokens/s"), std::string::npos) << text;
  EXPECT_NE(text.find("step 1200/4000  loss 2.5000  4.00k tokens/s  11m40s left"), std::string::npos) << text;
}

TEST_F(ProgressTest, KeepsWhatKeptLinesFromTheirReader) {
  FILE *full = std::fopen("/dev/full", "w");
  Progress progress(full, ProgressMode::Lines, 0, 10, clock());
  EXPECT_EQ(progress.failure(), 0);
  steps(progress, 0, 1, 1);
  EXPECT_EQ(progress.failure(), ENOSPC);
  steps(progress, 1, 10, 1);
  EXPECT_EQ(progress.failure(), ENOSPC);
  std::fclose(full);
}

TEST_F(ProgressTest, TheBarIsRedrawnInPlaceTenTimesASecond) {
  {
    Progress progress(stream, ProgressMode::Bar, 0, 1000, clock());
    steps(progress, 0, 1000, 0.003);
  }
  std::string text = shown();
  EXPECT_EQ(count(text, '\n'), 1u);
  EXPECT_EQ(text.back(), '\n');
  EXPECT_GE(count(text, '\r'), 25u);
  EXPECT_LE(count(text, '\r'), 33u);
  EXPECT_NE(text.find("step 1000/1000"), std::string::npos);
}

TEST_F(ProgressTest, MessagesStandAboveTheBar) {
  Progress progress(stream, ProgressMode::Bar, 0, 2, clock());
  steps(progress, 0, 1, 1);
  progress.message("validation loss 2.1");
  progress.finish();
  progress.message("after the bar");
  std::string text = shown();
  EXPECT_NE(text.find("\r\x1b[Kvalidation loss 2.1\n\r["), std::string::npos) << text;
  EXPECT_EQ(text.substr(text.size() - 15), "\nafter the bar\n") << text;
}

TEST_F(ProgressTest, QuietShowsNothing) {
  Progress progress(stream, ProgressMode::Quiet, 0, 10, clock());
  steps(progress, 0, 10, 100);
  progress.message("nothing");
  EXPECT_EQ(shown(), "");
}

TEST_F(ProgressTest, TheBarFitsTheTerminal) {
  for (unsigned short width : {10, 40, 60, 80, 200}) {
    struct winsize size = {24, width, 0, 0};
    int terminal, program;
    ASSERT_EQ(::openpty(&terminal, &program, nullptr, nullptr, &size), 0);
    FILE *out = ::fdopen(program, "w");
    Progress progress(out, ProgressMode::Auto, 0, 100, clock());
    steps(progress, 47, 50, 1); // few: nobody reads the terminal meanwhile
    char text[65536];
    ssize_t length = ::read(terminal, text, sizeof(text));
    ASSERT_GT(length, 0);
    std::string last(text, static_cast<size_t>(length));
    last.erase(0, last.rfind('\r') + 1);
    last.erase(last.find('\x1b'));
    EXPECT_LT(last.size(), width);
    EXPECT_EQ(last[0], width >= 80 ? '[' : 's') << last;
    progress.finish();
    std::fclose(out);
    ::close(terminal);
  }
}

} // namespace
