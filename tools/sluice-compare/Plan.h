//===- Plan.h - The runs that a study asks for --------------------------------===//
#ifndef SLUICE_TOOLS_SLUICE_COMPARE_PLAN_H
#define SLUICE_TOOLS_SLUICE_COMPARE_PLAN_H

#include "tools/sluice-compare/OutputFolder.h"
#include "tools/sluice-compare/RunLog.h"
#include "tools/sluice-compare/Study.h"
#include "llvm/ADT/STLExtras.h"
#include <deque>

namespace sluice::compare {

/// A description compiled with some flags.
struct Binary {
  std::string description;
  Flags flags;
  std::string folder;
  bool isCompiled = false;
  double flopsPerStep = 0;
  std::string failure;
};

/// One training. Equal ones of several variants are one.
struct TrainingRun {
  std::string name; // of the point that it is first made for
  Binary *binary;
  Flags flags;
  uint64_t seed;
  int64_t steps;
  std::string key; // all that its log depends on, as JSON
  std::string folder;
  enum class State { Pending, Done, Failed } state = State::Pending;
  std::string failure;
  std::string machine; // where it was done
  RunLog log;

  std::string logFile() const { return folder + "/log.jsonl"; }
  std::string checkpoint() const { return folder + "/checkpoint"; }
  bool hasCheckpoint() const;
};

/// A point's run with one seed, or why there is none.
struct SeedRun {
  uint64_t seed;
  TrainingRun *run;
  std::string failure;

  bool isDone() const { return run && run->state == TrainingRun::State::Done; }
  bool isPending() const { return run && run->state == TrainingRun::State::Pending; }
  const std::string &reason() const { return run ? run->failure : failure; }
};

/// A variant with one value for each key of its grid.
struct Point {
  const Variant *variant; // that it belongs to
  const Variant *source;  // whose flags and steps it has: another one where it is the best of that
  std::string name;
  std::vector<std::pair<std::string, std::string>> grid; // keys and values
  Binary *binary = nullptr;
  Flags flags;
  std::vector<SeedRun> runs; // one a seed, none before the reference has ended

  bool hasEnded() const {
    return !runs.empty() && llvm::none_of(runs, [](const SeedRun &run) { return run.isPending(); });
  }
  bool isDone() const {
    return !runs.empty() && llvm::all_of(runs, [](const SeedRun &run) { return run.isDone(); });
  }
  /// Mean over seeds of the last validation loss. Of a point that is done.
  double meanFinalLoss() const;
};

using PointList = llvm::SmallVector<const Point *>;

/// The point with the least final validation loss among those that are done, or null.
const Point *bestOf(llvm::ArrayRef<const Point *> points);

/// All runs of a study, and what is known of them. Runs that refer to others appear when those have ended.
class Plan {
public:
  /// With the variants named in `only` (empty: all) and those that they refer to.
  Plan(const Study &study, llvm::ArrayRef<std::string> only, unsigned threads, OutputFolder &folder);

  /// Makes runs, from what is known of the binaries and of other runs, until no more can be made.
  void resolve();

  const Study &getStudy() const { return study; }
  std::deque<Binary> &getBinaries() { return binaries; }
  std::deque<TrainingRun> &getRuns() { return runs; }
  const std::deque<TrainingRun> &getRuns() const { return runs; }
  const std::deque<Point> &getPoints() const { return points; }
  llvm::SmallVector<const Variant *> variants() const;
  PointList pointsOf(const Variant &variant) const;
  /// Runs that are known, and an upper bound of those to come.
  size_t expectedRuns() const;

private:
  void addPoints(const Variant &variant);
  void resolvePoint(Point &point);
  Binary *binaryOf(const std::string &description, const Flags &flags);
  TrainingRun *runOf(const Point &point, uint64_t seed, int64_t steps);
  /// The model FLOPs that a point has to equal, or nothing where its reference failed.
  std::optional<double> equalFlops(const Point &point, uint64_t seed) const;

  const Study &study;
  unsigned threads;
  OutputFolder &folder;
  // Deques, because points, runs and binaries refer to each other.
  std::deque<Binary> binaries;
  std::deque<TrainingRun> runs;
  std::deque<Point> points;
};

/// Takes what an earlier invocation left: the FLOPs of a binary, the log of a run that is done.
void loadBinary(Binary &binary);
void loadRun(TrainingRun &run);

} // namespace sluice::compare

#endif // SLUICE_TOOLS_SLUICE_COMPARE_PLAN_H
