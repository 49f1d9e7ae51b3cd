//===- Executor.h - Runs the actions of a training step ---------*- C++ -*-===//
//
// The executor interprets the programs of all devices, stages of a replica, each with a thread of its own; the first
// runs on the thread that calls. What the numbers in memory mean is the business of StepMetrics. Devices meet in
// channels, and before the update, when what they do depends on the whole gradient. Steps of programs whose gradients
// are late are run by StaleExecutor.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_ENGINE_EXECUTOR_H
#define SLUICE_RUNTIME_ENGINE_EXECUTOR_H

#include "runtime/abi.h"
#include "runtime/engine/Actions.h"
#include "runtime/engine/Crew.h"
#include "runtime/engine/Scalars.h"
#include "runtime/engine/StepSettings.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace sluice::runtime {

/// Called once a micro-batch and stage, when its forward and backward have been asked for: its results are then in the
/// stage's frame of the device's memory. From the threads of the stages.
using MicroBatchFunction = std::function<void(int32_t stage, int32_t microBatch, Device &memory)>;

/// An action between two marks of its device.
struct MarkedAction {
  const sluice_action *action;
  int64_t begin, end;
};

/// Those of a step that are not told yet, by device.
using MarkedActions = std::vector<std::vector<MarkedAction>>;

/// Owns the sluice_steps that generated code reads, and the threads of the stages.
class Executor {
public:
  /// Both must outlive the executor. `program` must have passed checkProgram().
  Executor(const sluice_binary &program, Actions &actions);

  /// What generated code reads from now on.
  void setScalars(const Scalars &scalars);

  /// Fills the inputs of a step, on this thread.
  void load(const LoadFunction &load);

  /// Runs the actions before the update: afterwards the gradients and the sums of their squares are in memory.
  void computeGradients(const StepSettings &settings, const MicroBatchFunction &afterwards);

  /// Computes the gradient of one micro-batch alone, without its norm, in the memory of its replica. Between
  /// computeGradients and update this gives the very numbers that went into the sum: parameters are unchanged, and
  /// random numbers are functions of their keys.
  void computeGradientOf(int32_t microBatch, const StepSettings &settings);

  /// Runs the other actions: parameters and optimizer state change.
  void update(const StepSettings &settings);

  /// Asks devices for all actions of a step, and calls `decide` between those before the update and the others. When
  /// they are done, tellTimes() tells what they took.
  MarkedActions ask(const StepSettings &settings, const MicroBatchFunction &afterwards,
                    const std::function<void()> &decide);
  void tellTimes(const MarkedActions &marks);

  /// Runs a graph that is not trained on the inputs of micro-batch Device::kEvaluated of the first replica.
  void run(const sluice_graph &graph);

  /// The part of the last step that each device spent on actions, and not on messages or on waiting for others.
  std::vector<double> busyShares() const;

  /// Adds the time of every action of a step to the list of its device, until null is given. Between steps.
  void timeActions(std::vector<std::vector<ActionTime>> *byDevice) { times = byDevice; }

private:
  /// What a device's thread has for itself.
  struct Runner {
    int32_t device = 0;
    Device *memory = nullptr;
    sluice_step step{};
    const sluice_action *begin = nullptr, *update = nullptr, *end = nullptr; ///< The actions of a step.
    Clock::duration busy{};                                                  ///< Of the last step.
  };

  void perform(Runner &runner, const sluice_action &action);
  void runActions(Runner &runner, const sluice_action *begin, const sluice_action *end);
  void askAll(bool isUpdate);
  void finishAll();
  MarkedActions takeMarked();
  void forgetTimes();
  void addTimes(const MarkedActions &marks);
  void checkAll();
  bool needsTimes() const { return times || program.device_count > 1; }

  const sluice_binary &program;
  Actions &actions;
  std::vector<Runner> runners; // by device
  const StepSettings *settings = nullptr;
  const MicroBatchFunction *afterwards = nullptr;
  MarkedActions marked; ///< Since it was last told what they took.
  Clock::duration stepTime{};
  std::vector<std::vector<ActionTime>> *times = nullptr;
  Crew crew; // the last: its threads use the others
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_EXECUTOR_H
