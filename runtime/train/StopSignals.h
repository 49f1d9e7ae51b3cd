//===- StopSignals.h - Stopping a run by a signal ---------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_TRAIN_STOPSIGNALS_H
#define SLUICE_RUNTIME_TRAIN_STOPSIGNALS_H

#include <csignal>

namespace sluice::runtime {

/// While it lives, SIGINT and SIGTERM are requests to stop; a second signal has its usual effect. One lives at a time.
class StopSignals {
public:
  StopSignals();
  StopSignals(const StopSignals &) = delete;
  StopSignals &operator=(const StopSignals &) = delete;
  ~StopSignals();

  /// Whether a signal has come since the last StopSignals was made.
  static bool areRequested();

private:
  struct sigaction previousInterrupt, previousTerminate;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_STOPSIGNALS_H
