//===- BenchTest.cpp ------------------------------------------------------===//

#include "runtime/bench/Bench.h"
#include "FakeProgram.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

using namespace sluice::runtime;

static const KernelRow &rowNamed(const BenchResult &result, const std::string &name) {
  auto found = std::find_if(result.kernels.begin(), result.kernels.end(),
                            [&](const KernelRow &row) { return row.name == name; });
  EXPECT_NE(found, result.kernels.end()) << name;
  return *found;
}

TEST(BenchTest, CountsKernelsOfOneNameTogetherAndByTheStep) {
  Engine engine(sluice_program, 2);
  BenchOptions options;
  options.warmup = 1;
  options.steps = 3;
  BenchResult result = bench(engine, sluice_program, options);
  EXPECT_EQ(result.kernels.size(), 4u);
  // Forward and backward of each micro-batch.
  const KernelRow &softmax = rowNamed(result, "softmax");
  EXPECT_DOUBLE_EQ(softmax.runs, 2 * kFakeMicroBatches);
  EXPECT_DOUBLE_EQ(softmax.flops, 3000 * kFakeMicroBatches);
  EXPECT_DOUBLE_EQ(softmax.bytes, 30 * kFakeMicroBatches);
  EXPECT_DOUBLE_EQ(rowNamed(result, "scatter").runs, kFakeMicroBatches);
  EXPECT_DOUBLE_EQ(rowNamed(result, "adamw").runs, 1);
  EXPECT_GE(rowNamed(result, "(outside of kernels)").milliseconds, 0);
  EXPECT_TRUE(std::is_sorted(result.kernels.begin(), result.kernels.end(),
                             [](const KernelRow &a, const KernelRow &b) { return a.milliseconds > b.milliseconds; }));
}

TEST(BenchTest, KeepsNoTimesAfterwards) {
  Engine engine(sluice_program, 1);
  std::vector<KernelTime> times(sluice_program.kernel_count);
  engine.threads().timeKernels(&times);
  engine.threads().timeKernels(nullptr);
  BenchOptions options;
  options.steps = 1;
  bench(engine, sluice_program, options);
  EXPECT_EQ(times[0].runs, 0);
}

TEST(BenchTest, PrintsWhatItFound) {
  Engine engine(sluice_program, 1);
  BenchOptions options;
  options.steps = 2;
  BenchResult result = bench(engine, sluice_program, options);
  nlohmann::json json = nlohmann::json::parse(toJson(result, sluice_program, 1));
  EXPECT_EQ(json["model"], "bigram");
  EXPECT_GT(json["peak_gflops"].get<double>(), 0);
  EXPECT_EQ(json["peak_operation"], "f32 multiply-add");
  EXPECT_GT(json["triad_gb_s"].get<double>(), 0);
  EXPECT_DOUBLE_EQ(json["tokens_per_s"].get<double>() * json["ms"].get<double>(),
                   1e3 * kFakeBatch * kFakeSequence * kFakeMicroBatches);
  EXPECT_EQ(json["kernels"].size(), 4u);
  std::string text = toText(result, sluice_program, 1);
  EXPECT_NE(text.find("tokens/s"), std::string::npos);
  EXPECT_NE(text.find("softmax"), std::string::npos);
}
