//===- MetricsLogTest.cpp -------------------------------------------------===//
#include "runtime/train/MetricsLog.h"

#include "TestFiles.h"
#include "runtime/Philox.h"

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

using namespace sluice::runtime;

namespace {

class Metrics : public FilesTest {
protected:
  /// Writes steps [begin, end) of a run, as one resumed at `begin`.
  void run(int64_t begin, int64_t end) {
    MetricsLog log(path("log"), begin, std::nullopt, /*overwrites=*/begin == 0);
    for (int64_t step = begin; step < end; ++step)
      log.write(MetricsLine(step).add("loss", 1.0f / static_cast<float>(step + 3)));
  }
};

TEST_F(Metrics, Format) {
  EXPECT_EQ(MetricsLine(3).add("loss", 0.1f).add("lr", 0.1).add("n", int64_t{-5}).text(),
            "{\"step\": 3, \"loss\": 0.1, \"lr\": 0.1, \"n\": -5}\n");
  EXPECT_EQ(MetricsLine(0).add("a", NAN).add("b", -HUGE_VAL).text(), "{\"step\": 0, \"a\": null, \"b\": null}\n");
}

TEST_F(Metrics, NumbersSurviveToTheLastBit) {
  for (uint32_t i = 0; i < 20000; ++i) {
    PhiloxCounter words = philox({i, 0, 0, 0}, {1, 2});
    float single;
    double twice;
    std::memcpy(&single, &words[0], 4);
    std::memcpy(&twice, &words[2], 8);
    if (!std::isfinite(single) || !std::isfinite(twice))
      continue;
    auto read = nlohmann::json::parse(MetricsLine(1).add("s", single).add("t", twice).text());
    EXPECT_EQ(static_cast<float>(read["s"].get<double>()), single);
    EXPECT_EQ(read["t"].get<double>(), twice);
  }
}

TEST_F(Metrics, AKilledAndResumedRunLogsAsAnUnbrokenOne) {
  run(0, 10);
  std::string unbroken = get("log");
  for (int64_t killed = 0; killed <= 10; ++killed)
    for (int64_t resumed = 1; resumed <= killed; ++resumed) {
      run(0, killed);
      put("log", get("log") + "{\"step\": 1"); // killed within a line
      run(resumed, 10);
      EXPECT_EQ(get("log"), unbroken);
    }
}

TEST_F(Metrics, ANewRunReplacesAFileOnlyWhereItIsTold) {
  put("log", "anything");
  EXPECT_MESSAGE(Error, MetricsLog(path("log")), "log: the file is there already; --overwrite replaces it");
  EXPECT_EQ(get("log"), "anything");
  run(0, 1);
  EXPECT_EQ(get("log"), "{\"step\": 0, \"loss\": 0.33333334}\n");
  put("log", "");
  MetricsLog(path("log")).write(MetricsLine(0));
  EXPECT_EQ(get("log"), "{\"step\": 0}\n");
}

TEST_F(Metrics, DoesNotGoOnWithTheLogOfAnotherRun) {
  run(0, 4);
  std::string log = get("log");
  EXPECT_MESSAGE(
      Error, MetricsLog(path("log"), 3, 0.5),
      "which is of another run: its loss of step 2 is 0.2, the checkpoint's is 0.5; --overwrite replaces it");
  EXPECT_EQ(get("log"), log);
  MetricsLog(path("log"), 9, 0.5); // ends before the checkpoint: there is nothing to tell by
  EXPECT_EQ(get("log"), log);
  MetricsLog(path("log"), 3, 0.5, /*overwrites=*/true);
  EXPECT_EQ(get("log"), "");
}

TEST_F(Metrics, ResumingWithoutALogBeginsOne) {
  run(4, 5);
  EXPECT_EQ(get("log"), "{\"step\": 4, \"loss\": 0.14285715}\n");
}

TEST_F(Metrics, LinesAreThereAtOnce) {
  MetricsLog log(path("log"));
  log.write(MetricsLine(0));
  EXPECT_EQ(get("log"), "{\"step\": 0}\n");
}

TEST_F(Metrics, RefusesWhatIsNoLog) {
  for (const char *content : {"hello\n", "{\"step\": 0}\n3\n", "{\"loss\": 1}\n", "{\"step\": 1.5}\n"}) {
    put("log", content);
    EXPECT_MESSAGE(Error, MetricsLog(path("log"), 5), "is no line of a metrics log");
    EXPECT_EQ(get("log"), content);
  }
  EXPECT_MESSAGE(Error, MetricsLog(path("none/log")), "cannot write the log");
  EXPECT_MESSAGE(Error, MetricsLog(std::string(folder)), "Is a directory");
}

TEST_F(Metrics, AFullDiskIsAFailedRun) {
  MetricsLog log("/dev/full");
  EXPECT_MESSAGE(RunError, log.write(MetricsLine(0)), "No space left on device");
}

} // namespace
