//===- MetricsLog.h - Metrics as JSON lines ---------------------*- C++ -*-===//
#ifndef SLUICE_RUNTIME_TRAIN_METRICSLOG_H
#define SLUICE_RUNTIME_TRAIN_METRICSLOG_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::runtime {

/// One JSON object on one line. Numbers get the fewest digits that read back as the same bits, as float where a float
/// is given; a number that is not finite becomes null. Keys are plain words.
class MetricsLine {
public:
  /// An object inside of a line.
  MetricsLine() = default;
  /// Every line of a log begins with its step.
  explicit MetricsLine(int64_t step) { add("step", step); }

  MetricsLine &add(std::string_view key, int64_t value);
  MetricsLine &add(std::string_view key, float value);
  MetricsLine &add(std::string_view key, double value);
  MetricsLine &add(std::string_view key, const std::vector<double> &values);
  /// A list of objects.
  MetricsLine &add(std::string_view key, const std::vector<MetricsLine> &objects);
  /// A name: plain words and dots.
  MetricsLine &addName(std::string_view key, std::string_view name);

  std::string text() const { return fields + "}\n"; }

private:
  void addText(std::string_view key, std::string_view value);

  std::string fields = "{";
};

/// A log file to which every line goes out at once, so that a killed run keeps all lines it wrote.
class MetricsLog {
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
  ~MetricsLog();

  /// OutputError where the line cannot be written whole.
  void write(const MetricsLine &line);

private:
  std::string path;
  int descriptor = -1;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_METRICSLOG_H
