//===- MetricsLog.cpp - Metrics as JSON lines -----------------------------===//
#include "runtime/train/MetricsLog.h"

#include "runtime/Error.h"
#include "runtime/InputFile.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::runtime {

void MetricsLine::addText(std::string_view key, std::string_view value) {
  fields += fields.size() > 1 ? ", \"" : "\"";
  fields.append(key).append("\": ").append(value);
}

/// The fewest digits that read back as the same bits; printf has no format for that.
template <typename Number> static std::string shortest(Number value) {
  char digits[32];
  auto [end, code] = std::to_chars(digits, digits + sizeof(digits), value);
  return code == std::errc() ? std::string(digits, end) : "null";
}

MetricsLine &MetricsLine::add(std::string_view key, int64_t value) {
  addText(key, std::to_string(value));
  return *this;
}

MetricsLine &MetricsLine::add(std::string_view key, float value) {
  addText(key, std::isfinite(value) ? shortest(value) : "null");
  return *this;
}

MetricsLine &MetricsLine::add(std::string_view key, double value) {
  addText(key, std::isfinite(value) ? shortest(value) : "null");
  return *this;
}

MetricsLine &MetricsLine::add(std::string_view key, const std::vector<double> &values) {
  std::string list;
  for (double value : values)
    list += (list.empty() ? "" : ", ") + (std::isfinite(value) ? shortest(value) : "null");
  addText(key, "[" + list + "]");
  return *this;
}

MetricsLine &MetricsLine::add(std::string_view key, const std::vector<MetricsLine> &objects) {
  std::string list;
  for (const MetricsLine &object : objects)
    list += (list.empty() ? "" : ", ") + object.fields + "}";
  addText(key, "[" + list + "]");
  return *this;
}

MetricsLine &MetricsLine::addName(std::string_view key, std::string_view name) {
  addText(key, "\"" + std::string(name) + "\"");
  return *this;
}

/// Error unless the line of the step before a resumed one has the loss that its run had there.
static void checkIsOfRun(const nlohmann::json &line, double lastLoss, const std::string &path) {
  if (!line.contains("loss") || !line["loss"].is_number() || line["loss"].get<double>() == lastLoss)
    return;
  throw Error("cannot go on with " + path + ", which is of another run: its loss of step " + line["step"].dump() +
              " is " + line["loss"].dump() + ", the checkpoint's is " + shortest(lastLoss));
}

/// Bytes of the lines at the start of a log that a run resumed at `resumeStep` keeps.
static size_t keptBytes(const std::string &path, int64_t resumeStep, std::optional<double> lastLoss) {
  const std::string all = InputFile(path).readAll();
  std::string_view text = all;
  size_t kept = 0;
  for (int64_t line = 1; kept < text.size(); ++line) {
    size_t end = text.find('\n', kept);
    if (end == std::string_view::npos)
      break; // the run was killed within this line
    std::string_view lineText = text.substr(kept, end - kept);
    auto value = nlohmann::json::parse(lineText.begin(), lineText.end(), nullptr, /*allow_exceptions=*/false);
    if (!value.is_object() || !value.contains("step") || !value["step"].is_number_integer())
      throw Error("cannot go on with " + path + ": line " + std::to_string(line) + " is no line of a metrics log");
    if (value["step"].get<int64_t>() >= resumeStep)
      break;
    if (lastLoss && value["step"].get<int64_t>() == resumeStep - 1)
      checkIsOfRun(value, *lastLoss, path);
    kept = end + 1;
  }
  return kept;
}

MetricsLog::MetricsLog(std::string path, int64_t resumeStep, std::optional<double> lastLoss, bool overwrites)
    : path(std::move(path)) {
  struct stat status;
  bool isThere = ::stat(this->path.c_str(), &status) == 0;
  // A pipe or device (/dev/stdout) has nothing to cut.
  bool isFile = isThere && S_ISREG(status.st_mode);
  size_t kept = 0;
  try {
    if (isFile && resumeStep > 0)
      kept = keptBytes(this->path, resumeStep, lastLoss);
    else if (isFile && status.st_size > 0)
      throw Error("cannot begin the log " + this->path + ": the file is there already");
  } catch (const Error &failure) {
    if (!overwrites)
      throw Error(std::string(failure.what()) + "; --overwrite replaces it");
  }
  descriptor = ::open(this->path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  bool isCut = descriptor >= 0 && (!isFile || ::ftruncate(descriptor, static_cast<off_t>(kept)) == 0);
  if (!isCut) {
    int openError = errno;
    if (descriptor >= 0)
      ::close(descriptor);
    throw Error("cannot write the log " + this->path + ": " + std::strerror(openError));
  }
}

MetricsLog::~MetricsLog() { ::close(descriptor); }

void MetricsLog::write(const MetricsLine &line) {
  // In one write, where the system allows it: readers that follow the file then see whole lines.
  std::string text = line.text();
  for (size_t written = 0; written < text.size();) {
    ssize_t count = ::write(descriptor, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      throw OutputError("cannot write the log " + path + ": " + std::strerror(errno));
    written += static_cast<size_t>(count);
  }
}

} // namespace sluice::runtime
