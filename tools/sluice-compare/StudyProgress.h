//===- StudyProgress.h - The progress of a study for people ------------------------===//
#ifndef SLUICE_TOOLS_SLUICE_COMPARE_STUDYPROGRESS_H
#define SLUICE_TOOLS_SLUICE_COMPARE_STUDYPROGRESS_H

#include "tools/sluice-compare/Plan.h"
#include "llvm/ADT/DenseMap.h"
#include <chrono>

namespace sluice::compare {

/// On a terminal one line that is redrawn, with the time left; else a line where a run starts and ends.
class StudyProgress {
public:
  explicit StudyProgress(const Plan &plan);

  /// Says how many runs there are and how many are done.
  void announce();
  /// Prints a line, above the one that is redrawn.
  void line(const std::string &text);
  void started(const TrainingRun &run);
  void ended(const TrainingRun &run);
  void update(llvm::ArrayRef<const TrainingRun *> running);

private:
  size_t endedRuns() const;
  /// "run 3 of 12: full[lr=0.001] seed 0"
  std::string label(const TrainingRun &run) const;

  const Plan &plan;
  bool onTerminal;
  std::chrono::steady_clock::time_point start;
  size_t startedHere = 0, endedHere = 0; // runs, in this invocation
  llvm::DenseMap<const TrainingRun *, size_t> ordinals;
};

} // namespace sluice::compare

#endif // SLUICE_TOOLS_SLUICE_COMPARE_STUDYPROGRESS_H
