//===- StepTrace.h - When the stages of a run did what ----------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_TRAIN_STEPTRACE_H
#define SLUICE_RUNTIME_TRAIN_STEPTRACE_H

#include "runtime/engine/Engine.h"
#include "runtime/train/Trace.h"

#include <string>
#include <vector>

namespace sluice::runtime {

/// Writes the actions of every step to a trace, with a row a device.
class StepTrace {
public:
  /// Has the engine's actions timed as long as it lives; both must outlive it. Error as Trace.
  StepTrace(const std::string &path, const sluice_binary &program, Engine &engine);
  ~StepTrace();
  StepTrace(const StepTrace &) = delete;
  StepTrace &operator=(const StepTrace &) = delete;

  /// Adds the actions of the step that was just made. OutputError if the file cannot be written.
  void add(int64_t step);
  /// Writes what is left. OutputError as above.
  void finish();

private:
  Engine &engine;
  Trace trace;
  std::vector<std::vector<ActionTime>> times; ///< Of the last step, by device.
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_STEPTRACE_H
