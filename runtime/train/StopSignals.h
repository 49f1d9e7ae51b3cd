//===- StopSignals.h - Stopping a run by a signal ---------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_TRAIN_STOPSIGNALS_H
#define SLUICE_RUNTIME_TRAIN_STOPSIGNALS_H

#include <csignal>

namespace sluice::runtime {

/// While it lives, SIGINT, SIGTERM and SIGHUP are requests to stop; a second SIGINT or SIGTERM has its usual effect,
/// while a terminal that closes may send SIGHUP twice. SIGHUP is left to who ignores it (nohup), and SIGPIPE is
/// ignored: writes then fail, and say so. One lives at a time.
class StopSignals {
public:
  StopSignals();
  StopSignals(const StopSignals &) = delete;
  StopSignals &operator=(const StopSignals &) = delete;
  ~StopSignals();

  /// As if the signal had come.
  static void request(int signal);

  /// Whether a signal has come since the last StopSignals was made.
  static bool areRequested() { return requested() != 0; }

  /// The first that has come, or 0.
  static int requested();

private:
  static constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

  struct sigaction previous[4];
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_STOPSIGNALS_H
