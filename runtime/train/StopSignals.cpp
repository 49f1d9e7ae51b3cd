//===- StopSignals.cpp - Stopping a run by a signal -----------------------===//

#include "runtime/train/StopSignals.h"

#include <cstring>
#include <iterator>

namespace sluice::runtime {

/// All that a handler may write.
static volatile std::sig_atomic_t stopRequested = 0;

StopSignals::StopSignals() {
  stopRequested = 0;
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    struct sigaction action;
    std::memset(&action, 0, sizeof(action));
    action.sa_handler = kSignals[i] == SIGPIPE ? SIG_IGN : request;
    // Reset, so that a second signal stops a run that does not come to its end; restart, because no call of the runtime
    // is to fail for a signal.
    action.sa_flags = (kSignals[i] == SIGHUP ? 0 : static_cast<int>(SA_RESETHAND)) | SA_RESTART;
    sigaction(kSignals[i], nullptr, &previous[i]);
    bool isNohup = kSignals[i] == SIGHUP && previous[i].sa_handler == SIG_IGN;
    if (!isNohup)
      sigaction(kSignals[i], &action, nullptr);
  }
}

StopSignals::~StopSignals() {
  for (size_t i = 0; i < std::size(kSignals); ++i)
    sigaction(kSignals[i], &previous[i], nullptr);
}

void StopSignals::request(int signal) {
  if (stopRequested == 0)
    stopRequested = signal;
}

int StopSignals::requested() { return stopRequested; }

} // namespace sluice::runtime
