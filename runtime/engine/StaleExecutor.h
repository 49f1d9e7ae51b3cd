//===- StaleExecutor.h - Steps whose stages do not wait ---------*- C++ -*-===//
//
// Runs the steps of a program whose gradients are late (sluice_stage::delay; Ouroboros, Yang et al., NeurIPS 2019). In
// step t a stage applies the gradient of the micro-batches of step t - delay, at the weights that their forward read.
// No device waits for the end of a step: each has a thread that goes through the steps that have begun, and waits for
// messages alone. So every stage looks at its gradient and clips it by itself.
//
// A gradient of micro-batches before the step `first()`, since when gradients are late, does not come: its actions are
// left out, and a stage that has no gradient takes no step of the optimizer. Steps before that one are synchronous.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_ENGINE_STALEEXECUTOR_H
#define SLUICE_RUNTIME_ENGINE_STALEEXECUTOR_H

#include "runtime/abi.h"
#include "runtime/engine/Actions.h"
#include "runtime/engine/Scalars.h"
#include "runtime/engine/StepMetrics.h"
#include "runtime/engine/StepSettings.h"
#include "runtime/engine/StepSums.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sluice::runtime {

/// What a device did in a step.
struct DeviceStep {
  Clock::time_point begin, end;
  Clock::duration busy{};        ///< On actions, and not on messages or on waiting for others.
  std::vector<ActionTime> times; ///< Where they are asked for.
  std::string failure;           ///< Why it stopped updating; empty where it did not.
};

/// A step on its way through the devices.
struct StaleStep {
  /// Gradients are clipped to `largestNorm`, 0 being none.
  StaleStep(const sluice_binary &program, const StepSettings &settings, const Scalars &scalars, double largestNorm);

  const StepSettings settings;
  const Scalars scalars; ///< Of the step; those that depend on a stage are set for it.
  const double largestNorm;
  bool isTimed = false; ///< Whether its devices tell when their actions ran.
  StepMetrics metrics;
  StepSums sums;
  std::vector<char> hasGradient; ///< By stage. Written by its device in replica 0.
  std::vector<DeviceStep> devices;
  uint32_t pending; ///< Devices that have not finished it.
};

/// Owns a thread a device. One thread at a time may call it.
class StaleExecutor {
public:
  /// Both must outlive the executor. `program` must have passed checkProgram() and have late gradients.
  StaleExecutor(const sluice_binary &program, Actions &actions);
  /// Waits for the steps that have begun.
  ~StaleExecutor();
  StaleExecutor(const StaleExecutor &) = delete;
  StaleExecutor &operator=(const StaleExecutor &) = delete;

  /// The step since which gradients are late, to be set before any is under way.
  int64_t first() const { return firstLate; }
  void setFirst(int64_t step) { firstLate = step; }

  /// Loads the micro-batches of a step and lets the devices begin it, in the order of the steps. At most two may be
  /// under way.
  void begin(std::unique_ptr<StaleStep> step, const LoadFunction &load);

  /// Waits for the oldest step under way, and takes it out. Where a device has failed in it, no stage updates from
  /// there on.
  std::unique_ptr<StaleStep> finish();

private:
  /// What a device's thread has for itself.
  struct Runner {
    const sluice_device *device = nullptr;
    int32_t number = 0;
    Device *memory = nullptr;
    sluice_step step{};
    std::vector<double> clipScales; ///< By stage: what its gradient is multiplied by in the step.
    Clock::time_point ended;        ///< When its last step did.
  };

  /// Of each action of a step, before it and behind it.
  using Marks = std::vector<std::pair<int64_t, int64_t>>;

  void work(Runner &runner);
  StaleStep *waitFor(int64_t number);
  void stop();
  void run(Runner &runner, StaleStep &step);
  void perform(Runner &runner, StaleStep &step, const sluice_action &action);
  void tellTimes(StaleStep &step, Runner &runner, const sluice_action *action, const Marks &marks);
  void fail(Runner &runner, StaleStep &step, const std::string &failure);
  void examine(Runner &runner, StaleStep &step, int32_t stage);
  void prepareUpdate(Runner &runner, const StaleStep &step, int32_t stage);
  std::string findFailure(const Runner &runner, const StaleStep &step, const StepSums &sums, int32_t stage) const;
  bool isWarmup(const StaleStep &step) const { return step.settings.step < firstLate; }
  bool hasGradient(const StaleStep &step, int32_t stage) const;
  int64_t microBatchesOfReplica() const { return program.micro_batches / program.replicas; }

  const sluice_binary &program;
  Actions &actions;
  int64_t firstLate = 0;
  std::deque<Runner> runners; // by device; which do not move
  /// No stage updates in this step and after it.
  std::atomic<int64_t> failedSince{INT64_MAX};

  std::mutex mutex;
  std::condition_variable begins, ends;
  std::deque<std::unique_ptr<StaleStep>> steps; ///< Under way.
  int64_t taken = 0;                            ///< Steps that were under way before those.
  bool isStopping = false;
  std::vector<std::thread> threads; // the last: they use the others
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_STALEEXECUTOR_H
