//===- MetricsLine.h - The metrics of a step --------------------*- C++ -*-===//
#ifndef SLUICE_RUNTIME_TRAIN_METRICSLINE_H
#define SLUICE_RUNTIME_TRAIN_METRICSLINE_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::runtime {

/// A number of a line. The tag is its key; in a list the place follows (`range/0`), and before what is inside of an
/// object stand the key of the list and the object's name (`layers/h.0/grad_norm`).
struct MetricsScalar {
  std::string tag;
  double value;
};

/// What a step tells in numbers, as one JSON object on one line and as scalars. In the text numbers get the fewest
/// digits that read back as the same bits, as float where a float is given; a number that is not finite becomes null.
/// Keys are plain words.
class MetricsLine {
public:
  /// An object inside of a line.
  MetricsLine() = default;
  /// Every line of a log begins with its step, which is no scalar.
  explicit MetricsLine(int64_t step);

  MetricsLine &add(std::string_view key, int64_t value);
  MetricsLine &add(std::string_view key, float value);
  MetricsLine &add(std::string_view key, double value);
  MetricsLine &add(std::string_view key, const std::vector<double> &values);
  /// A list of objects, each with a name.
  MetricsLine &add(std::string_view key, const std::vector<MetricsLine> &objects);
  /// A name: plain words and dots.
  MetricsLine &addName(std::string_view key, std::string_view name);

  std::string text() const { return fields + "}\n"; }
  /// All numbers, in the order of the text.
  const std::vector<MetricsScalar> &scalars() const { return numbers; }
  /// Steps done before this one.
  int64_t step() const { return doneSteps; }

private:
  void addText(std::string_view key, std::string_view value);

  std::string fields = "{";
  std::vector<MetricsScalar> numbers;
  std::string name; ///< Of an object.
  int64_t doneSteps = 0;
};

/// What takes the lines of a run.
class MetricsSink {
public:
  virtual ~MetricsSink() = default;

  /// OutputError where the line cannot be written whole.
  virtual void write(const MetricsLine &line) = 0;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_METRICSLINE_H
