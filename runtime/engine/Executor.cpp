//===- Executor.cpp - Runs the actions of a training step -----------------===//

#include "runtime/engine/Executor.h"

#include <algorithm>

namespace sluice::runtime {

Executor::Executor(const sluice_binary &program, Device &device)
    : program(program), device(device), lastAction(program.micro_batches, -1), firstUpdate(program.action_count) {
  // From the end, so that the first action of a micro-batch that is met is its last.
  for (uint32_t i = program.action_count; i-- > 0;) {
    const sluice_action &action = program.actions[i];
    bool computes = action.kind == SLUICE_ACTION_FORWARD || action.kind == SLUICE_ACTION_BACKWARD;
    if (computes && action.micro_batch >= 0 && lastAction[action.micro_batch] < 0)
      lastAction[action.micro_batch] = static_cast<int32_t>(i);
    if (action.kind == SLUICE_ACTION_UPDATE)
      firstUpdate = i;
  }
}

static void setKey(uint32_t *key, uint64_t seed, int64_t stepsDone, int32_t microBatch) {
  key[0] = static_cast<uint32_t>(seed);
  key[1] = static_cast<uint32_t>(seed >> 32);
  key[2] = static_cast<uint32_t>(stepsDone);
  key[3] = static_cast<uint32_t>(microBatch);
}

void Executor::runAction(const sluice_action &action, const StepSettings &settings, const LoadFunction &load) {
  // An action of no micro-batch draws nothing; any key will do.
  int32_t microBatch = std::max(action.micro_batch, 0);
  setKey(step.key, settings.seeds.ofRun(), settings.step, microBatch);
  setKey(step.gate_key, settings.seeds.ofGates(), settings.step, microBatch);
  switch (action.kind) {
  case SLUICE_ACTION_LOAD:
    load(microBatch, device.input(microBatch, 0), device.input(microBatch, 1));
    break;
  case SLUICE_ACTION_ZERO:
    device.zeroGradients();
    break;
  default:
    device.call(action.function, microBatch, step);
  }
}

void Executor::computeGradients(const StepSettings &settings, const LoadFunction &load,
                                const MicroBatchFunction &afterwards) {
  for (uint32_t i = 0; i < firstUpdate; ++i) {
    const sluice_action &action = program.actions[i];
    runAction(action, settings, load);
    // At once: the next micro-batch may use the same frame.
    if (action.micro_batch >= 0 && lastAction[action.micro_batch] == static_cast<int32_t>(i))
      afterwards(action.micro_batch);
  }
}

void Executor::computeGradientOf(int32_t microBatch, const StepSettings &settings, const LoadFunction &load) {
  device.zeroGradients();
  // Actions of no micro-batch, as those that join the uses of a tied parameter, belong to every gradient; but zeroing
  // has been done.
  for (uint32_t i = 0; i < program.action_count && program.actions[i].kind != SLUICE_ACTION_NORM; ++i) {
    const sluice_action &action = program.actions[i];
    if (action.kind != SLUICE_ACTION_ZERO && (action.micro_batch == microBatch || action.micro_batch < 0))
      runAction(action, settings, load);
  }
}

void Executor::update(const StepSettings &settings, const LoadFunction &load) {
  for (uint32_t i = firstUpdate; i < program.action_count; ++i)
    runAction(program.actions[i], settings, load);
}

void Executor::run(const sluice_graph &graph) {
  // Nothing is drawn where nothing is trained: the keys are the same for every call.
  setKey(step.key, 0, 0, 0);
  setKey(step.gate_key, 0, 0, 0);
  device.call(graph.function, 0, step);
}

} // namespace sluice::runtime
