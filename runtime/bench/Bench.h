//===- Bench.h - Times the training step ------------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_BENCH_BENCH_H
#define SLUICE_RUNTIME_BENCH_BENCH_H

#include "runtime/cpu/MachinePeak.h"
#include "runtime/engine/Engine.h"

#include <optional>
#include <string>
#include <vector>

namespace sluice::runtime {

struct BenchOptions {
  int64_t warmup = 3; ///< Steps before those that are timed.
  int64_t steps = 10; ///< Timed as they are, and then as many again kernel by kernel; at least 1.
  bool json = false;
  std::string profile;     ///< File for the times of stages; empty: none.
  bool overwrites = false; ///< Whether that file is replaced.
};

/// What the runs of kernels of one name took, in the mean of a step.
struct KernelRow {
  std::string name;
  double runs, milliseconds;
  double flops, bytes;  ///< As the compiler counts them.
  double rooflineShare; ///< Of its time, the larger of its operations at the peak and its bytes at full bandwidth; 0
                        ///< where these are not known.
};

struct BenchResult {
  std::string device;              ///< What it ran on.
  std::optional<MachinePeak> peak; ///< Of processors; that of cards is not measured.
  double milliseconds;             ///< Median of the steps.
  double flops, tokens;            ///< Of a step; model FLOPs.
  std::vector<KernelRow> kernels; ///< The longest first; what ran outside of kernels is the row "(outside of kernels)".
  std::vector<std::vector<ActionTime>>
      actions; ///< By device; on cards of steps of their own, else of those that are timed.
};

/// Trains on random tokens, from the initial weights. RunError if a step fails.
BenchResult bench(Engine &engine, const sluice_binary &program, const BenchOptions &options);

/// As text with a table, or as one JSON object.
std::string toText(const BenchResult &result, const sluice_binary &program, unsigned threads);
std::string toJson(const BenchResult &result, const sluice_binary &program, unsigned threads);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_BENCH_BENCH_H
