//===- Executor.h - Runs the actions of a training step ---------*- C++ -*-===//
//
// The executor interprets the program's list of actions on a device. It decides the order and the keys of random
// numbers; what the numbers in memory mean is the business of StepMetrics. It runs all actions in their order on one
// device: stages on several devices are another executor with the same public part.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_ENGINE_EXECUTOR_H
#define SLUICE_RUNTIME_ENGINE_EXECUTOR_H

#include "runtime/abi.h"
#include "runtime/cpu/Device.h"
#include "runtime/engine/Scalars.h"
#include "runtime/engine/StepSettings.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace sluice::runtime {

/// Called once a micro-batch, when its forward and backward are done and its results are in the frame.
using MicroBatchFunction = std::function<void(int32_t microBatch)>;

/// Owns the sluice_step that generated code reads.
class Executor {
public:
  /// Both must outlive the executor. `program` must have passed checkProgram().
  Executor(const sluice_binary &program, Device &device);

  /// What generated code reads from now on.
  void setScalars(const Scalars &scalars) { scalars.copyTo(step); }

  /// Runs the actions before the update: afterwards the gradients and the sums of their squares are in memory.
  void computeGradients(const StepSettings &settings, const LoadFunction &load, const MicroBatchFunction &afterwards);

  /// Computes the gradient of one micro-batch alone, without its norm. Between computeGradients and update this gives
  /// the very numbers that went into the sum: parameters are unchanged, and random numbers are functions of their keys.
  void computeGradientOf(int32_t microBatch, const StepSettings &settings, const LoadFunction &load);

  /// Runs the other actions: parameters and optimizer state change.
  void update(const StepSettings &settings, const LoadFunction &load);

  /// Runs a graph that is not trained on the inputs of micro-batch 0.
  void run(const sluice_graph &graph);

private:
  void runAction(const sluice_action &action, const StepSettings &settings, const LoadFunction &load);

  const sluice_binary &program;
  Device &device;
  sluice_step step{};
  std::vector<int32_t> lastAction; ///< By micro-batch: its last forward or backward; -1 where it has none.
  uint32_t firstUpdate;            ///< Index of the action, or how many actions there are.
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_EXECUTOR_H
