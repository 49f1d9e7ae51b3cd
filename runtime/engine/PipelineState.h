//===- PipelineState.h - What is under way between steps --------*- C++ -*-===//
//
// Where gradients are late, a run is more than its newest parameters and optimizer state: older weights that backward
// will read, frames of micro-batches whose backward is to come, their inputs, error gradients that wait in channels,
// and counts. A checkpoint holds all of it, so that a run goes on as if it had not stopped.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_ENGINE_PIPELINESTATE_H
#define SLUICE_RUNTIME_ENGINE_PIPELINESTATE_H

#include "runtime/Tensors.h"
#include "runtime/abi.h"
#include "runtime/engine/Actions.h"
#include "runtime/engine/Device.h"
#include "runtime/engine/StaleExecutor.h"

#include <vector>

namespace sluice::runtime {

class PipelineState {
public:
  /// All must outlive this.
  PipelineState(const sluice_binary &program, Replicas &replicas, Actions &actions, StaleExecutor &executor);

  /// The counts alone, as f64: where memory of the others lies depends on them. They are those of now, or after
  /// setCounts() what has been written to the view.
  TensorView counts();
  /// False, with nothing set, where they make no sense.
  bool setCounts();
  /// The fewest updates that a stage has done.
  int64_t fewestUpdates() const;

  /// All the others: raw memory, as f32. Every replica has the weights of the first.
  std::vector<TensorView> tensors();
  /// Gives devices what has been written to the views, and other replicas the weights.
  void tensorsChanged();

  /// Begins with nothing under way: steps from `step` on have late gradients, and every stage has done `updates`.
  void start(int64_t step, int64_t updates);

private:
  /// Calls `function` with every count.
  template <typename Function> void forEachCount(const Function &function);

  const sluice_binary &program;
  Replicas &replicas;
  Actions &actions;
  StaleExecutor &executor;
  std::vector<double> values;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_PIPELINESTATE_H
