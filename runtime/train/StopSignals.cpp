//===- StopSignals.cpp - Stopping a run by a signal -----------------------===//

#include "runtime/train/StopSignals.h"

#include <cstring>

namespace sluice::runtime {

/// All that a handler may write.
static volatile std::sig_atomic_t stopRequested = 0;

StopSignals::StopSignals() {
  stopRequested = 0;
  struct sigaction action;
  std::memset(&action, 0, sizeof(action));
  action.sa_handler = [](int) { stopRequested = 1; };
  // Reset, so that a second signal stops a run that does not come to its end; restart, because no call of the runtime
  // is to fail for a signal.
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  sigaction(SIGINT, &action, &previousInterrupt);
  sigaction(SIGTERM, &action, &previousTerminate);
}

StopSignals::~StopSignals() {
  sigaction(SIGINT, &previousInterrupt, nullptr);
  sigaction(SIGTERM, &previousTerminate, nullptr);
}

bool StopSignals::areRequested() { return stopRequested != 0; }

} // namespace sluice::runtime
