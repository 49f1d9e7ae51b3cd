//===- Trace.h - The timeline of a run --------------------------*- C++ -*-===//
//
// The trace event format of Chrome and Perfetto: a JSON array of events, here complete ones ("ph": "X") with a row a
// device. Times are in microseconds.
//
//   [
//   {"ph": "M", "name": "process_name", "pid": 1, "args": {"name": "layers"}},
//   {"ph": "M", "name": "thread_name", "pid": 1, "tid": 1, "args": {"name": "stage 0"}},
//   {"ph": "X", "name": "forward", "pid": 1, "tid": 1, "ts": 17.25, "dur": 840.125, "args": {"step": 0, ...}}
//   ]
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_TRAIN_TRACE_H
#define SLUICE_RUNTIME_TRAIN_TRACE_H

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::runtime {

/// What a device did for a while.
struct TraceEvent {
  size_t device;                               ///< Index of its row.
  std::string_view name;                       ///< "forward", "backward", "update", "wait": plain words.
  int64_t step;                                ///< Of the optimizer, from 0.
  int64_t microBatch = -1;                     ///< -1: it is of none.
  std::chrono::steady_clock::time_point begin; ///< Not after the end.
  std::chrono::steady_clock::time_point end;
};

/// A trace that grows with the run and takes no more memory for it. A file is valid JSON after every write, because
/// each goes over the closing bracket and ends with the next one: whatever stops the process between two writes, what
/// is there can be read. A pipe or device gets the bracket at the end.
class Trace {
public:
  /// Replaces the file. `process` and `devices` name the run and the rows, from the top. Times are told from now on.
  /// Error where the file cannot be opened.
  Trace(std::string path, const std::string &process, const std::vector<std::string> &devices);
  Trace(const Trace &) = delete;
  Trace &operator=(const Trace &) = delete;
  /// Writes what is left. Who wants to know whether that went well calls flush() and check() before.
  ~Trace();

  /// Any thread may call it. Events go out once they are many, or a second old. Never fails: check() says so.
  void add(const TraceEvent &event);
  /// Writes what was added.
  void flush();
  /// OutputError if a write has failed. What was to be written since is lost.
  void check() const;

private:
  void writeText(bool isLast);

  const std::string path;
  const std::chrono::steady_clock::time_point origin;
  mutable std::mutex mutex; ///< Of all that follows.
  int descriptor = -1;
  bool isFile = false;
  int64_t position = 0; ///< Bytes of the file that stay: those before the closing bracket.
  std::string text;     ///< What comes next, without a bracket.
  std::chrono::steady_clock::time_point lastWrite;
  int error = 0; ///< Of the first write that failed.
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_TRACE_H
