//===- MetricsLog.h - Metrics as JSON lines ---------------------*- C++ -*-===//
#ifndef SLUICE_RUNTIME_TRAIN_METRICSLOG_H
#define SLUICE_RUNTIME_TRAIN_METRICSLOG_H

#include "runtime/train/MetricsLine.h"

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::runtime {

/// A log file to which every line goes out at once, so that a killed run keeps all lines it wrote.
class MetricsLog : public MetricsSink {
public:
  /// Begins a log, or with `resumeStep` > 0 goes on with the one there (if any), less its lines of steps >= resumeStep
  /// and an unfinished last line: these steps are run again. Lines of one run are in the order of their steps.
  /// `lastLoss` is that of the step before. Error: the file cannot be opened; it has something in it and a log begins;
  /// it is to be continued and is no log, or the log of another run, which shows in the last loss. With `overwrites`
  /// such a file is emptied.
  explicit MetricsLog(std::string path, int64_t resumeStep = 0, std::optional<double> lastLoss = {},
                      bool overwrites = false);
  MetricsLog(const MetricsLog &) = delete;
  MetricsLog &operator=(const MetricsLog &) = delete;
  ~MetricsLog() override;

  void write(const MetricsLine &line) override;

private:
  std::string path;
  int descriptor = -1;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_METRICSLOG_H
