//===- Bench.cpp - Times the training step --------------------------------===//

#include "runtime/bench/Bench.h"
#include "runtime/Philox.h"
#include "runtime/engine/Program.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <map>
#include <numeric>

namespace sluice::runtime {

/// Small enough that a run of some steps on random tokens stays finite.
static constexpr double kLearningRate = 1e-4;

static void beginStep(Engine &engine, const sluice_binary &program, int64_t number) {
  StepSettings settings;
  settings.step = number;
  settings.optimizer.learningRate = {LearningRateShape::Constant, kLearningRate};
  settings.optimizer.learningRate.steps = number;
  settings.optimizer.adamwPeak = kLearningRate;
  // Random tokens, drawn anew for every step: no loss gets so small that its gradient vanishes.
  auto load = [&](int64_t microBatch, int32_t *tokens, int32_t *targets) {
    int64_t count = program.batch * program.sequence;
    auto vocabulary = static_cast<uint32_t>(program.vocabulary);
    for (int64_t i = 0; i < count; ++i) {
      auto words = philox(
          {static_cast<uint32_t>(i), static_cast<uint32_t>(microBatch), static_cast<uint32_t>(number), 0}, {0, 0});
      tokens[i] = static_cast<int32_t>(words[0] % vocabulary);
      targets[i] = static_cast<int32_t>(words[1] % vocabulary);
    }
  };
  engine.beginStep(settings, load);
}

/// Makes steps from `number` on, as many under way as may be, and tells the milliseconds of each.
static std::vector<double> millisecondsOf(Engine &engine, const sluice_binary &program, int64_t &number,
                                          int64_t count) {
  std::vector<double> times;
  auto last = std::chrono::steady_clock::now();
  for (int64_t begun = 0, ended = 0; ended < count; ++ended) {
    for (; begun < std::min<int64_t>(count, ended + engine.stepsUnderWay()); ++begun)
      beginStep(engine, program, number++);
    engine.endStep();
    auto now = std::chrono::steady_clock::now();
    times.push_back(std::chrono::duration<double, std::milli>(now - last).count());
    last = now;
  }
  return times;
}

static std::vector<KernelRow> rowsOf(const std::vector<KernelTime> &times, const sluice_binary &program,
                                     const std::optional<MachinePeak> &peak, int64_t steps, double milliseconds) {
  std::vector<sluice_kernel> kernels = kernelsOf(program);
  std::map<std::string, KernelRow> rows;
  double outside = milliseconds;
  for (size_t k = 0; k < kernels.size(); ++k) {
    if (times[k].runs == 0)
      continue;
    const sluice_kernel &kernel = kernels[k];
    KernelRow &row = rows[kernel.name];
    double runs = static_cast<double>(times[k].runs) / static_cast<double>(steps);
    row.name = kernel.name;
    row.runs += runs;
    row.milliseconds += times[k].seconds * 1e3 / static_cast<double>(steps);
    row.flops += runs * static_cast<double>(kernel.flops);
    row.bytes += runs * static_cast<double>(kernel.bytes);
    // Of each kernel by itself: one may be bound by memory and another of the same name not.
    if (peak)
      row.rooflineShare += 1e3 * runs *
                           std::max(static_cast<double>(kernel.flops) / peak->flops,
                                    static_cast<double>(kernel.bytes) / peak->bandwidth);
  }
  std::vector<KernelRow> sorted;
  for (auto &[name, row] : rows) {
    row.rooflineShare /= row.milliseconds;
    outside -= row.milliseconds;
    sorted.push_back(row);
  }
  // What a step does on one thread, or in loops that are no kernel.
  sorted.push_back({"(outside of kernels)", 0, std::max(0.0, outside), 0, 0, 0});
  std::sort(sorted.begin(), sorted.end(),
            [](const KernelRow &a, const KernelRow &b) { return a.milliseconds > b.milliseconds; });
  return sorted;
}

BenchResult bench(Engine &engine, const sluice_binary &program, const BenchOptions &options) {
  engine.initializeParameters(0);
  int64_t number = 0;
  millisecondsOf(engine, program, number, options.warmup);
  BenchResult result;
  std::vector<double> times;
  // Cards that look at the clock around every action take more launches for a step.
  if (runsOnCards(program))
    times = millisecondsOf(engine, program, number, options.steps);
  result.actions.resize(program.device_count);
  engine.timeActions(&result.actions);
  std::vector<double> ofActions = millisecondsOf(engine, program, number, options.steps);
  engine.timeActions(nullptr);
  if (times.empty())
    times = std::move(ofActions);
  std::sort(times.begin(), times.end());

  // The median: one step that the system interrupts does not count.
  size_t middle = times.size() / 2;
  result.milliseconds = times.size() % 2 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
  result.tokens = static_cast<double>(program.batch * program.sequence * program.micro_batches);
  result.flops = result.tokens * program.flops_per_token;
  result.device = engine.deviceName();
  if (!runsOnCards(program))
    result.peak = measureMachinePeak(engine.threads(), std::strcmp(program.compute, "bf16") == 0);

  // In steps of their own: looking at the clock around every kernel costs time itself.
  engine.timeKernels(true);
  std::vector<double> timed = millisecondsOf(engine, program, number, options.steps);
  double profiled = std::accumulate(timed.begin(), timed.end(), 0.0);
  std::vector<KernelTime> kernels = engine.timeKernels(false);
  result.kernels = rowsOf(kernels, program, result.peak, options.steps, profiled / static_cast<double>(options.steps));
  return result;
}

__attribute__((format(printf, 2, 3))) static void append(std::string &text, const char *format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  text += line;
}

std::string toText(const BenchResult &result, const sluice_binary &program, unsigned threads) {
  double seconds = result.milliseconds / 1e3;
  std::string text;
  append(text, "%s on %s: %lld x %lld tokens, micro-batches: %lld", program.model, result.device.c_str(),
         static_cast<long long>(program.batch), static_cast<long long>(program.sequence),
         static_cast<long long>(program.micro_batches));
  if (result.peak)
    append(text, ", threads: %u\npeak   %.1f GFLOP/s (%s), %.1f GB/s (triad)", threads, result.peak->flops / 1e9,
           result.peak->operation, result.peak->bandwidth / 1e9);
  append(text, "\nstep   %.2f ms (median), %.0f tokens/s, %.1f GFLOP/s of the model", result.milliseconds,
         result.tokens / seconds, result.flops / seconds / 1e9);
  if (result.peak)
    append(text, ", %.1f %% of the peak", 100 * result.flops / seconds / result.peak->flops);
  text += "\n\n";
  double total = 0;
  for (const KernelRow &row : result.kernels)
    total += row.milliseconds;
  append(text, "%-40s %8s %10s %7s %9s %8s%s\n", "kernel", "runs", "ms", "share", "GFLOP/s", "GB/s",
         result.peak ? "  roofline" : "");
  for (const KernelRow &row : result.kernels) {
    append(text, "%-40s %8.0f %10.3f %6.1f%% %9.1f %8.1f", row.name.c_str(), row.runs, row.milliseconds,
           100 * row.milliseconds / total, row.flops / row.milliseconds / 1e6, row.bytes / row.milliseconds / 1e6);
    if (result.peak)
      append(text, " %8.0f%%", 100 * row.rooflineShare);
    text += "\n";
  }
  return text;
}

std::string toJson(const BenchResult &result, const sluice_binary &program, unsigned threads) {
  nlohmann::ordered_json kernels = nlohmann::ordered_json::array();
  for (const KernelRow &row : result.kernels) {
    kernels.push_back(
        {{"name", row.name}, {"runs", row.runs}, {"ms", row.milliseconds}, {"flops", row.flops}, {"bytes", row.bytes}});
    if (result.peak)
      kernels.back()["roofline_share"] = row.rooflineShare;
  }
  double seconds = result.milliseconds / 1e3;
  nlohmann::ordered_json json = {
      {"model", program.model},    {"processor", program.processor},          {"device", result.device},
      {"ms", result.milliseconds}, {"tokens_per_s", result.tokens / seconds}, {"gflops", result.flops / seconds / 1e9}};
  if (result.peak) {
    json["threads"] = threads;
    json["peak_gflops"] = result.peak->flops / 1e9;
    json["peak_operation"] = result.peak->operation;
    json["triad_gb_s"] = result.peak->bandwidth / 1e9;
    json["peak_share"] = result.flops / seconds / result.peak->flops;
  }
  json["kernels"] = kernels;
  return json.dump();
}

} // namespace sluice::runtime
