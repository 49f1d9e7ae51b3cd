//===- StudyProgress.cpp - The progress of a study for people ----------------------===//
#include "tools/sluice-compare/StudyProgress.h"
#include "runtime/train/Progress.h"
#include "tools/sluice-compare/Summary.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

using namespace sluice::compare;
using std::to_string;

static double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

StudyProgress::StudyProgress(const Plan &plan)
    : plan(plan), onTerminal(llvm::sys::Process::StandardOutIsDisplayed()), start(std::chrono::steady_clock::now()) {}

size_t StudyProgress::endedRuns() const {
  return static_cast<size_t>(
      llvm::count_if(plan.getRuns(), [](const TrainingRun &run) { return run.state != TrainingRun::State::Pending; }));
}

std::string StudyProgress::label(const TrainingRun &run) const {
  return "run " + to_string(ordinals.lookup(&run)) + " of " + to_string(plan.expectedRuns()) + ": " + run.name +
         " seed " + to_string(run.seed);
}

void StudyProgress::announce() {
  start = std::chrono::steady_clock::now();
  line(to_string(plan.expectedRuns()) + " runs, " + to_string(endedRuns()) + " of them done before");
}

void StudyProgress::line(const std::string &text) {
  llvm::outs() << (onTerminal ? "\r\x1b[K" : "") << text << "\n";
  llvm::outs().flush();
}

void StudyProgress::started(const TrainingRun &run) {
  size_t running = startedHere++ - endedHere;
  ordinals[&run] = endedRuns() + running + 1;
  if (!onTerminal)
    line(label(run) + (run.hasCheckpoint() ? " resumes" : " starts"));
}

void StudyProgress::ended(const TrainingRun &run) {
  ++endedHere;
  if (run.state == TrainingRun::State::Done)
    line(label(run) + ": validation loss " + formatNumber("%.4f", run.log.end.loss) + " after " + to_string(run.steps) +
         " steps, " + runtime::durationText(run.log.end.seconds));
  else if (run.state == TrainingRun::State::Failed)
    line(label(run) + " failed: " + run.failure);
  else
    line(label(run) + " is interrupted");
}

void StudyProgress::update(llvm::ArrayRef<const TrainingRun *> running) {
  if (!onTerminal || running.empty())
    return;
  double fractions = 0;
  std::string state;
  for (const TrainingRun *run : running) {
    std::optional<CurvePoint> last = lastStepOf(run->logFile());
    if (!last)
      continue;
    fractions += last->steps / static_cast<double>(run->steps);
    state = "  step " + to_string(static_cast<int64_t>(last->steps)) + "/" + to_string(run->steps) + "  loss " +
            formatNumber("%.4f", last->loss);
  }
  double done = static_cast<double>(endedHere) + fractions;
  double left = static_cast<double>(plan.expectedRuns() - endedRuns()) - fractions;
  // Runs are taken for equally long; before a part of one is done there is nothing to judge by.
  constexpr double enough = 0.02;
  std::string text = label(*running.back()) + state;
  if (done > enough)
    text += "  " + runtime::durationText(secondsSince(start) * left / done) + " left";
  text.resize(std::min<size_t>(text.size(), std::max(1u, llvm::sys::Process::StandardOutColumns()) - 1));
  llvm::outs() << "\r" << text << "\x1b[K";
  llvm::outs().flush();
}
