//===- Clocks.h - The period of programs, by playing them ----------------------------===//
#ifndef SLUICE_TEST_UNIT_SCHEDULE_CLOCKS_H
#define SLUICE_TEST_UNIT_SCHEDULE_CLOCKS_H

#include "MadePipelines.h"
#include <algorithm>

namespace sluice::schedule {

/// Plays `iterations` iterations one action after the other, as the header of EventGraph says, with clocks: an
/// implementation of its own. Returns the time from the end of an iteration to that of the last, over their number.
inline double measurePeriod(const Pipeline &pipeline, const Costs &costs, int iterations) {
  int devices = pipeline.devices();
  std::vector<double> clock(devices, 0);
  std::vector<size_t> next(devices, 0);
  std::vector<std::vector<double>> sent(pipeline.channels.size()), taken(pipeline.channels.size());
  std::vector<double> iterationEnds(iterations, 0);
  for (bool progress = true; progress;) {
    progress = false;
    for (int device = 0; device < devices; ++device) {
      const std::vector<Action> &body = pipeline.programs[device].body;
      for (; next[device] < body.size() * iterations; progress = true) {
        const Action &action = body[next[device] % body.size()];
        bool isThere = int(next[device] / body.size()) + action.iteration >= 0;
        if (!isThere) {
          // of a step before the first
        } else if (action.kind == ActionKind::Send) {
          const Channel &channel = pipeline.channels[action.channel];
          size_t number = sent[action.channel].size();
          if (number >= taken[action.channel].size() + channel.capacity)
            break;
          if (number >= size_t(channel.capacity))
            clock[device] = std::max(clock[device], taken[action.channel][number - channel.capacity]);
          sent[action.channel].push_back(clock[device]);
        } else if (action.kind == ActionKind::Recv) {
          size_t number = taken[action.channel].size();
          if (number >= sent[action.channel].size())
            break;
          clock[device] = std::max(clock[device], sent[action.channel][number]);
          taken[action.channel].push_back(clock[device]);
        } else if (action.kind == ActionKind::Run && action.microBatch >= 0) {
          const StageCosts &stage = costs.stages[action.stage];
          clock[device] += action.run == RunKind::Forward ? stage.forward : stage.backward;
        }
        if (++next[device] % body.size() == 0) {
          double &end = iterationEnds[next[device] / body.size() - 1];
          end = std::max(end, clock[device]);
        }
      }
    }
  }
  return (iterationEnds.back() - iterationEnds[iterations / 2]) / (iterations - 1 - iterations / 2);
}

} // namespace sluice::schedule

#endif // SLUICE_TEST_UNIT_SCHEDULE_CLOCKS_H
