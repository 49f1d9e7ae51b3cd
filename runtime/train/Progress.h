//===- Progress.h - A run's progress for people -----------------*- C++ -*-===//
#ifndef SLUICE_RUNTIME_TRAIN_PROGRESS_H
#define SLUICE_RUNTIME_TRAIN_PROGRESS_H

#include "runtime/train/StepRate.h"

#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>

namespace sluice::runtime {

enum class ProgressMode {
  Auto,  ///< Bar where the stream is a terminal, else Lines
  Bar,   ///< one line that is redrawn in place, at most 10 times a second
  Lines, ///< a line at the first and last step, every twentieth of the run and at least every 30 seconds
  Quiet  ///< nothing
};

/// "42s", "3m05s", "2h07m", "4d03h".
std::string durationText(double seconds);

/// Shows step, loss, tokens per second and time left. Rates are of the last seconds, not of the whole run.
class Progress {
public:
  /// `out` is stdout or stderr. The run goes from `firstStep` steps done to `steps`. `clock` gives seconds from any
  /// origin; by default the steady clock.
  Progress(FILE *out, ProgressMode mode, int64_t firstStep, int64_t steps, std::function<double()> clock = {});
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;
  ~Progress() { finish(); }

  /// `done` optimizer steps are done, the last one with this loss and this number of tokens. A note is shown behind the
  /// rate.
  void update(int64_t done, double loss, int64_t tokens, std::string note = "");
  /// The time since the last update was no step's (an evaluation, a checkpoint): rates leave it out.
  void skipTime() { updateTime = clock(); }
  /// Prints a line (without its line end), above the bar where there is one. Quiet drops it.
  void message(const std::string &line);
  /// The errno of the first write to the stream that failed, or 0.
  int failure() const { return error; }
  /// Ends the bar's line, its last state shown. Updates do nothing from then on, messages follow it.
  void finish();

private:
  struct Step {
    int64_t done; ///< With it.
    double loss = 0;
    std::string note = {};
  };

  void print(const std::string &text);
  std::string status() const;
  void drawBar();
  void clearBar();

  FILE *out;
  ProgressMode mode;
  int64_t firstStep, steps;
  std::function<double()> clock;
  Step last;
  double updateTime, shownTime = 0; // seconds of the clock
  StepRate rate;
  bool barShown = false;
  bool finished = false;
  int error = 0;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_PROGRESS_H
