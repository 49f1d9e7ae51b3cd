//===- MetricsLog.cpp - Metrics as JSON lines -----------------------------===//
#include "runtime/train/MetricsLog.h"

#include "runtime/Error.h"
#include "runtime/Files.h"
#include "runtime/InputFile.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::runtime {

/// Error unless the line of the step before a resumed one has the loss that its run had there.
static void checkIsOfRun(const nlohmann::json &line, double lastLoss, const std::string &path) {
  if (!line.contains("loss") || !line["loss"].is_number() || line["loss"].get<double>() == lastLoss)
    return;
  throw Error("cannot go on with " + path + ", which is of another run: its loss of step " + line["step"].dump() +
              " is " + line["loss"].dump() + ", the checkpoint's is " + nlohmann::json(lastLoss).dump());
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
  // All at once: readers that follow the file then see whole lines.
  if (!writeAll(descriptor, line.text()))
    throw OutputError("cannot write the log " + path + ": " + std::strerror(errno));
}

} // namespace sluice::runtime
