//===- Executor.h - Runs the actions of a training step ---------*- C++ -*-===//
//
// The executor interprets the programs of all devices, stages of a replica, each with a thread of its own; the first
// runs on the thread that calls. It decides the keys of random numbers; what the numbers in memory mean is the business
// of StepMetrics. Devices meet in channels, and before the update, when what they do depends on the whole gradient.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_ENGINE_EXECUTOR_H
#define SLUICE_RUNTIME_ENGINE_EXECUTOR_H

#include "runtime/abi.h"
#include "runtime/cpu/Device.h"
#include "runtime/engine/Channel.h"
#include "runtime/engine/Crew.h"
#include "runtime/engine/Scalars.h"
#include "runtime/engine/StepSettings.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

namespace sluice::runtime {

/// Called once a micro-batch and stage, when its forward and backward are done and its results are in the stage's
/// frame; from the threads of the stages.
using MicroBatchFunction = std::function<void(int32_t stage, int32_t microBatch, const char *frame)>;

/// When an action ran, on which of the program's devices.
struct ActionTime {
  int32_t device;
  const sluice_action *action;
  Clock::time_point begin, end;
};

/// Owns the sluice_steps that generated code reads, and the threads of the stages.
class Executor {
public:
  /// `replicas` has as many as the program. All must outlive the executor. `program` must have passed checkProgram().
  Executor(const sluice_binary &program, std::deque<Device> &replicas);

  /// What generated code reads from now on.
  void setScalars(const Scalars &scalars);

  /// Runs the actions before the update: afterwards the gradients and the sums of their squares are in memory.
  void computeGradients(const StepSettings &settings, const LoadFunction &load, const MicroBatchFunction &afterwards);

  /// Computes the gradient of one micro-batch alone, without its norm, in the memory of its replica. Between
  /// computeGradients and update this gives the very numbers that went into the sum: parameters are unchanged, and
  /// random numbers are functions of their keys.
  void computeGradientOf(int32_t microBatch, const StepSettings &settings);

  /// Runs the other actions: parameters and optimizer state change.
  void update(const StepSettings &settings);

  /// Runs a graph that is not trained on the inputs of micro-batch 0 of the first replica.
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

  void runAll(bool isUpdate);
  void perform(Runner &runner, const sluice_action &action);
  void runActions(Runner &runner, const sluice_action *begin, const sluice_action *end);
  void call(Runner &runner, const sluice_action &action);
  void send(Device &from, const sluice_action &action);
  void receive(Device &to, const sluice_action &action);
  bool wouldWait(const sluice_action &action) const;

  const sluice_binary &program;
  std::deque<Device> &replicas;
  std::deque<Channel> channels; // which do not move
  std::vector<Runner> runners;  // by device
  const StepSettings *settings = nullptr;
  const MicroBatchFunction *afterwards = nullptr;
  Clock::duration stepTime{};
  std::vector<std::vector<ActionTime>> *times = nullptr;
  Crew crew; // the last: its threads use the others
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_EXECUTOR_H
