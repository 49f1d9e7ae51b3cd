//===- Trace.cpp - The timeline of a run ----------------------------------===//

#include "runtime/train/Trace.h"
#include "runtime/Error.h"
#include "runtime/Files.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::runtime {

using std::chrono::steady_clock;

/// Bytes from which on events are written, and the time after which they are, however few they are.
static constexpr size_t kManyBytes = 1 << 16;
static constexpr auto kLongTime = std::chrono::seconds(1);

/// What makes a valid text of what stands before it.
static constexpr std::string_view kEnd = "\n]\n";

/// Viewers hide process and thread 0, which is the idle one of Linux.
static constexpr int kProcess = 1;
static size_t threadOf(size_t device) { return device + 1; }

/// An entry that names or places a row.
static std::string metadata(const char *kind, size_t thread, const nlohmann::json &arguments) {
  nlohmann::ordered_json entry = {{"ph", "M"}, {"name", kind}, {"pid", kProcess}};
  if (thread > 0)
    entry["tid"] = thread;
  entry["args"] = arguments;
  // A name may hold anything; what is no UTF-8 is replaced.
  return entry.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
}

/// Microseconds with three digits behind the point. A double would lose nanoseconds within days.
static std::string microseconds(steady_clock::duration time) {
  auto whole = static_cast<long long>(std::chrono::duration_cast<std::chrono::nanoseconds>(time).count());
  char digits[32];
  std::snprintf(digits, sizeof(digits), "%s%lld.%03lld", whole < 0 ? "-" : "", std::llabs(whole / 1000),
                std::llabs(whole % 1000));
  return digits;
}

Trace::Trace(std::string path, const std::string &process, const std::vector<std::string> &devices)
    : path(std::move(path)), origin(steady_clock::now()), lastWrite(origin) {
  descriptor = ::open(this->path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  struct stat status;
  if (descriptor < 0 || ::fstat(descriptor, &status) != 0)
    throw Error("cannot write the trace " + this->path + ": " + std::strerror(errno));
  isFile = S_ISREG(status.st_mode);
  text = "[\n" + metadata("process_name", 0, {{"name", process}});
  for (size_t device = 0; device < devices.size(); ++device) {
    text += ",\n" + metadata("thread_name", threadOf(device), {{"name", devices[device]}});
    text += ",\n" + metadata("thread_sort_index", threadOf(device), {{"sort_index", device}});
  }
  writeText(/*isLast=*/false);
}

Trace::~Trace() {
  writeText(/*isLast=*/true);
  ::close(descriptor);
}

void Trace::add(const TraceEvent &event) {
  std::string entry = ",\n{\"ph\": \"X\", \"name\": \"";
  entry.append(event.name).append("\", \"pid\": ").append(std::to_string(kProcess));
  entry.append(", \"tid\": ").append(std::to_string(threadOf(event.device)));
  entry.append(", \"ts\": ").append(microseconds(event.begin - origin));
  entry.append(", \"dur\": ").append(microseconds(event.end - event.begin));
  entry.append(", \"args\": {\"step\": ").append(std::to_string(event.step));
  if (event.microBatch >= 0)
    entry.append(", \"micro_batch\": ").append(std::to_string(event.microBatch));
  entry += "}}";

  std::lock_guard<std::mutex> lock(mutex);
  text += entry;
  if (text.size() >= kManyBytes || event.end - lastWrite >= kLongTime)
    writeText(/*isLast=*/false);
}

void Trace::flush() {
  std::lock_guard<std::mutex> lock(mutex);
  writeText(/*isLast=*/false);
}

void Trace::check() const {
  std::lock_guard<std::mutex> lock(mutex);
  if (error != 0)
    throw OutputError("cannot write the trace " + path + ": " + std::strerror(error));
}

void Trace::writeText(bool isLast) {
  if (error != 0)
    return text.clear();
  size_t stays = text.size();
  if (isFile || isLast)
    text += kEnd;
  // Over the bracket, in one call: no other process, and no signal between calls, sees the file without one.
  bool isWritten = (!isFile || ::lseek(descriptor, position, SEEK_SET) == position) && writeAll(descriptor, text);
  if (isWritten) {
    position += static_cast<int64_t>(stays);
  } else {
    error = errno;
    // What was there is made whole again. It needs no room that it had not.
    if (isFile && position > 0 && ::lseek(descriptor, position, SEEK_SET) == position && writeAll(descriptor, kEnd))
        [[maybe_unused]]
      int result = ::ftruncate(descriptor, position + static_cast<int64_t>(kEnd.size()));
  }
  text.clear();
  lastWrite = steady_clock::now();
}

} // namespace sluice::runtime
