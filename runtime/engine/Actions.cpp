//===- Actions.cpp - What an action of a program does ---------------------===//

#include "runtime/engine/Actions.h"
#include "runtime/engine/Program.h"

#include <algorithm>
#include <thread>

namespace sluice::runtime {

/// How long a stage spins for a message before it sleeps: a stage waits for much of a step, and what it spins away is
/// taken from others where there are more threads than processors.
static constexpr std::chrono::microseconds kSpin(200), kSpinWhereCrowded(5);

Actions::Actions(const sluice_binary &program, Replicas &replicas) : program(program), replicas(replicas) {
  uint32_t threads = replicas.front()->threads().size() * program.device_count;
  bool isCrowded = threads > std::thread::hardware_concurrency();
  for (uint32_t i = 0; i < program.channel_count; ++i) {
    const sluice_channel &channel = program.channels[i];
    queues.emplace_back(replicas.front()->isHost() ? messageBytes(program, channel) : 0, channel.capacity,
                        isCrowded ? kSpinWhereCrowded : kSpin);
    Device &from = memoryOf(program.devices[channel.from].replica), &to = memoryOf(program.devices[channel.to].replica);
    messages.push_back(from.makeMessages(static_cast<int32_t>(i), to));
  }
}

int64_t Actions::numberOf(int64_t step, int64_t microBatch) const {
  int64_t ofReplica = program.micro_batches / program.replicas;
  return step * ofReplica + microBatch % ofReplica;
}

void Actions::load(int64_t step, const LoadFunction &load) {
  for (int64_t m = 0; m < program.micro_batches; ++m) {
    Device &memory = *replicas[m / (program.micro_batches / program.replicas)];
    load(m, memory.input(numberOf(step, m), 0), memory.input(numberOf(step, m), 1));
  }
}

static void setKey(uint32_t *key, uint64_t seed, int64_t step, int32_t microBatch) {
  key[0] = static_cast<uint32_t>(seed);
  key[1] = static_cast<uint32_t>(seed >> 32);
  key[2] = static_cast<uint32_t>(step);
  key[3] = static_cast<uint32_t>(microBatch);
}

static void setKeys(sluice_step &step, const sluice_action &action, const ActionContext &context) {
  // An action of no micro-batch draws nothing; any key will do.
  int32_t microBatch = std::max(action.micro_batch, 0);
  setKey(step.key, context.seeds ? context.seeds->ofRun() : 0, context.step, microBatch);
  setKey(step.gate_key, context.seeds ? context.seeds->ofGates() : 0, context.step, microBatch);
}

void Actions::rewindChannels() {
  for (Channel &queue : queues)
    queue.setCounts(0, 0);
}

void Actions::call(Device &memory, sluice_step &step, const sluice_action &action, const ActionContext &context) {
  if (action.function < 0)
    return; // the stage has nothing to do
  int64_t updates = isBackward(action)                      ? memory.updatesBefore(action.stage, context.microBatch)
                    : action.kind == SLUICE_ACTION_EVALUATE ? Device::kNewest
                                                            : memory.updates(action.stage);
  memory.call(action.function, context.microBatch, std::max(action.into, 0), updates, step);
}

void Actions::send(const sluice_action &action, int64_t microBatch) {
  Channel &queue = queues[action.channel];
  char *onHost = queue.beginSend();
  messages[action.channel]->put({queue.sendPlace(), onHost}, action, microBatch);
  queue.endSend();
}

void Actions::receive(const sluice_action &action, int64_t microBatch) {
  Channel &queue = queues[action.channel];
  char *onHost = queue.beginReceive();
  messages[action.channel]->take({queue.receivePlace(), onHost}, action, microBatch);
  queue.endReceive();
}

void Actions::perform(Device &memory, sluice_step &step, const sluice_action &action, const ActionContext &context) {
  switch (action.kind) {
  case SLUICE_ACTION_LOAD:
    return; // inputs of all micro-batches are there before the step
  case SLUICE_ACTION_SEND:
    return send(action, context.microBatch);
  case SLUICE_ACTION_RECEIVE:
    return receive(action, context.microBatch);
  case SLUICE_ACTION_COMBINE:
    return memory.combine(action.stage, action.into, action.from);
  case SLUICE_ACTION_FORWARD:
    memory.setUpdatesBefore(action.stage, context.microBatch, memory.updates(action.stage));
    break;
  case SLUICE_ACTION_UPDATE:
    setKeys(step, action, context);
    return memory.update(action.stage, action.function, context.ahead, step);
  default:
    break;
  }
  if (isBackward(action) && action.clears)
    memory.clearGradients(action.stage, action.into);
  setKeys(step, action, context);
  call(memory, step, action, context);
}

bool Actions::wouldWait(const sluice_action &action) const {
  return (action.kind == SLUICE_ACTION_RECEIVE && !queues[action.channel].hasMessage()) ||
         (action.kind == SLUICE_ACTION_SEND && !queues[action.channel].hasRoom());
}

bool endsBackward(const sluice_action &action) {
  return action.kind == SLUICE_ACTION_BACKWARD || action.kind == SLUICE_ACTION_BACKWARD_WEIGHT;
}

bool isBackward(const sluice_action &action) {
  return endsBackward(action) || action.kind == SLUICE_ACTION_BACKWARD_INPUT;
}

} // namespace sluice::runtime
