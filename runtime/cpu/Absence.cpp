//===- Absence.cpp - When a worker had better stay away -------------------===//

#include "runtime/cpu/Absence.h"

#include <algorithm>

namespace sluice::runtime {

Clock::duration Absence::after(Clock::duration stall, Clock::duration worked) {
  if (stall < kStall)
    return {};
  if (worked >= kWorth * stall)
    last = {};
  Clock::duration most = std::max<Clock::duration>(kMost, kMostWaits * stall);
  return last = std::clamp<Clock::duration>(2 * last, kFirst * stall, most);
}

void OffProcessor::restart() {
  start = Clock::now();
  ran = processorTime();
}

Clock::duration OffProcessor::nowAndThen() {
  if (Clock::now() - start < Absence::kStall)
    return {};
  Clock::duration found = time();
  restart();
  return found;
}

} // namespace sluice::runtime
