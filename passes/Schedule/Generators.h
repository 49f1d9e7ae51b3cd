//===- Generators.h - Schedules make programs --------------------------------------===//
//
// A schedule is the order in which a stage runs forward and backward of its micro-batches. Everything else follows from
// it: loads, messages, combined sums, exchange, reduction and update (`Builder.cpp`).
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_SCHEDULE_GENERATORS_H
#define SLUICE_PASSES_SCHEDULE_GENERATORS_H

#include "passes/Schedule/Programs.h"
#include <optional>
#include <string>
#include <vector>

namespace sluice::schedule {

/// Forward or backward of a micro-batch, counted within its replica.
struct Turn {
  RunKind kind;
  int microBatch;
};

/// What a stage of `stages` runs of `microBatches` micro-batches, in order.
using Order = std::vector<Turn> (*)(int stage, int stages, int microBatches);
std::vector<Turn> orderSequential(int stage, int stages, int microBatches);
std::vector<Turn> orderGPipe(int stage, int stages, int microBatches);
std::vector<Turn> orderOneForwardOneBackward(int stage, int stages, int microBatches);

struct GeneratorOptions {
  std::string schedule = "sequential"; ///< sequential, gpipe or 1f1b
  int stages = 1, microBatches = 1, replicas = 1;
  int groups = 0;   ///< reduction groups, 0: as many as replicas
  int capacity = 1; ///< of every channel
  std::vector<TiedStages> tied;
  bool training = true; ///< or forward alone: no backward, no sums, no update
};

/// The names of the schedules, "sequential, gpipe or 1f1b".
std::string scheduleNames();
bool isSchedule(const std::string &name);

/// Whether numbers of micro-batches, replicas and groups fit together: what is wrong and what would fit, or nothing.
std::optional<Error> checkNumbers(int stages, int microBatches, int replicas, int groups);

/// Makes the programs of a schedule, which `verify` accepts. Fails with what is wrong with the options.
std::optional<Error> generate(const GeneratorOptions &options, Pipeline &pipeline);

} // namespace sluice::schedule

#endif // SLUICE_PASSES_SCHEDULE_GENERATORS_H
