//===- Generators.h - Schedules make programs --------------------------------------===//
//
// A schedule is the order in which a device runs forward and backward of its stages and micro-batches. Everything else
// follows from it: loads, messages, combined sums, exchange, reduction and update (`Builder.cpp`).
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_SCHEDULE_GENERATORS_H
#define SLUICE_PASSES_SCHEDULE_GENERATORS_H

#include "passes/Schedule/Programs.h"
#include <optional>
#include <string>
#include <vector>

namespace sluice::schedule {

/// Forward, backward or a half of backward of a micro-batch, counted within its replica, in a stage.
struct Turn {
  RunKind kind;
  int microBatch, stage;
};

/// What a replica has. Stage s lies on device s modulo `devices`.
struct Layout {
  int stages, devices, microBatches;

  /// How many stages a device holds.
  int held(int device) const { return (stages - device + devices - 1) / devices; }
};

/// What a device runs, in order.
using Order = std::vector<Turn> (*)(int device, const Layout &layout);
std::vector<Turn> orderSequential(int device, const Layout &layout);
std::vector<Turn> orderGPipe(int device, const Layout &layout);
std::vector<Turn> orderOneForwardOneBackward(int device, const Layout &layout);
std::vector<Turn> orderInterleaved(int device, const Layout &layout);
std::vector<Turn> orderOuroboros(int device, const Layout &layout);
std::vector<Turn> orderZeroBubble(int device, const Layout &layout);

struct GeneratorOptions {
  std::string schedule = "sequential"; ///< one of `scheduleNames`
  int stages = 1, microBatches = 1, replicas = 1;
  int devices = 0;  ///< of a replica, 0: one a stage
  int groups = 0;   ///< reduction groups, 0: as many as replicas
  int capacity = 1; ///< of every channel; more where a device that holds several stages would wait for itself
  std::vector<TiedStages> tied;
  bool training = true; ///< or forward alone: no backward, no sums, no update
};

/// The names of the schedules, "sequential, gpipe or 1f1b"; synchronous ones alone without `stale`.
std::string scheduleNames(bool stale = true);
bool isSchedule(const std::string &name);

/// Whether gradients are applied later than in their own step under the schedule.
bool hasStaleGradients(const std::string &name);

/// Whether backward runs in halves under the schedule.
bool splitsBackward(const std::string &name);

/// Whether numbers of micro-batches, replicas and groups fit together: what is wrong and what would fit, or nothing.
std::optional<Error> checkNumbers(int stages, int microBatches, int replicas, int groups);

/// Whether a schedule can run on so many devices: what is wrong, or nothing.
std::optional<Error> checkLayout(const std::string &schedule, const Layout &layout);

/// Makes the programs of a schedule, which `verify` accepts. Fails with what is wrong with the options.
std::optional<Error> generate(const GeneratorOptions &options, Pipeline &pipeline);

} // namespace sluice::schedule

#endif // SLUICE_PASSES_SCHEDULE_GENERATORS_H
