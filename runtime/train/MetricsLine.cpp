//===- MetricsLine.cpp - The metrics of a step ----------------------------===//
#include "runtime/train/MetricsLine.h"

#include <charconv>
#include <cmath>

namespace sluice::runtime {

/// The fewest digits that read back as the same bits; printf has no format for that.
template <typename Number> static std::string numberOrNull(Number value) {
  char digits[32];
  auto [end, code] = std::to_chars(digits, digits + sizeof(digits), value);
  return std::isfinite(value) && code == std::errc() ? std::string(digits, end) : "null";
}

MetricsLine::MetricsLine(int64_t step) : doneSteps(step) { addText("step", std::to_string(step)); }

void MetricsLine::addText(std::string_view key, std::string_view value) {
  fields += fields.size() > 1 ? ", \"" : "\"";
  fields.append(key).append("\": ").append(value);
}

MetricsLine &MetricsLine::add(std::string_view key, int64_t value) {
  addText(key, std::to_string(value));
  numbers.push_back({std::string(key), static_cast<double>(value)});
  return *this;
}

MetricsLine &MetricsLine::add(std::string_view key, float value) {
  addText(key, numberOrNull(value));
  numbers.push_back({std::string(key), value});
  return *this;
}

MetricsLine &MetricsLine::add(std::string_view key, double value) {
  addText(key, numberOrNull(value));
  numbers.push_back({std::string(key), value});
  return *this;
}

MetricsLine &MetricsLine::add(std::string_view key, const std::vector<double> &values) {
  std::string list;
  for (size_t i = 0; i < values.size(); ++i) {
    list += (list.empty() ? "" : ", ") + numberOrNull(values[i]);
    numbers.push_back({std::string(key) + "/" + std::to_string(i), values[i]});
  }
  addText(key, "[" + list + "]");
  return *this;
}

MetricsLine &MetricsLine::add(std::string_view key, const std::vector<MetricsLine> &objects) {
  std::string list;
  for (const MetricsLine &object : objects) {
    list += (list.empty() ? "" : ", ") + object.fields + "}";
    for (const MetricsScalar &inside : object.numbers)
      numbers.push_back({std::string(key) + "/" + object.name + "/" + inside.tag, inside.value});
  }
  addText(key, "[" + list + "]");
  return *this;
}

MetricsLine &MetricsLine::addName(std::string_view key, std::string_view value) {
  name = value;
  addText(key, "\"" + name + "\"");
  return *this;
}

} // namespace sluice::runtime
