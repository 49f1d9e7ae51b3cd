//===- Executor.cpp - Runs the actions of a training step -----------------===//

#include "runtime/engine/Executor.h"
#include "runtime/engine/Program.h"

#include <algorithm>
#include <cstring>
#include <thread>

namespace sluice::runtime {

/// How long a stage spins for a message before it sleeps: a stage waits for much of a step, and what it spins away is
/// taken from others where there are more threads than processors.
static constexpr std::chrono::microseconds kSpin(200), kSpinWhereCrowded(5);

Executor::Executor(const sluice_binary &program, std::deque<Device> &replicas)
    : program(program), replicas(replicas), crew(program.device_count) {
  uint32_t threads = replicas.front().threads().size() * program.device_count;
  bool isCrowded = threads > std::thread::hardware_concurrency();
  for (uint32_t i = 0; i < program.channel_count; ++i)
    channels.emplace_back(messageBytes(program, program.channels[i]), program.channels[i].capacity,
                          isCrowded ? kSpinWhereCrowded : kSpin);
  for (uint32_t i = 0; i < program.device_count; ++i) {
    const sluice_device &device = program.devices[i];
    Runner runner;
    runner.device = static_cast<int32_t>(i);
    runner.memory = &replicas[device.replica];
    runner.begin = program.actions + device.first_action;
    runner.end = runner.begin + device.action_count;
    // Norms are the last before the update, and where devices wait for each other.
    auto isNorm = [](const sluice_action &action) { return action.kind == SLUICE_ACTION_NORM; };
    runner.update = std::find_if(runner.begin, runner.end, isNorm);
    runner.update = std::find_if_not(runner.update, runner.end, isNorm);
    runners.push_back(runner);
  }
}

void Executor::setScalars(const Scalars &scalars) {
  for (Runner &runner : runners)
    scalars.copyTo(runner.step);
}

static void setKey(uint32_t *key, uint64_t seed, int64_t stepsDone, int32_t microBatch) {
  key[0] = static_cast<uint32_t>(seed);
  key[1] = static_cast<uint32_t>(seed >> 32);
  key[2] = static_cast<uint32_t>(stepsDone);
  key[3] = static_cast<uint32_t>(microBatch);
}

void Executor::call(Runner &runner, const sluice_action &action) {
  if (action.function < 0)
    return; // the stage has nothing to do
  // An action of no micro-batch draws nothing; any key will do. Where nothing is trained sums alone draw, by zeros.
  int32_t microBatch = std::max(action.micro_batch, 0);
  setKey(runner.step.key, settings ? settings->seeds.ofRun() : 0, settings ? settings->step : 0, microBatch);
  setKey(runner.step.gate_key, settings ? settings->seeds.ofGates() : 0, settings ? settings->step : 0, microBatch);
  runner.memory->call(action.function, microBatch, std::max(action.into, 0), runner.step);
}

void Executor::send(Device &from, const sluice_action &action) {
  const sluice_channel &channel = program.channels[action.channel];
  char *message = channels[action.channel].beginSend();
  if (channel.role == SLUICE_CHANNEL_REPLICA) {
    std::memcpy(message, from.gradients(action.stage, action.from), messageBytes(program, channel));
  } else {
    const char *block =
        channel.role == SLUICE_CHANNEL_EXCHANGE ? from.persistent() : from.frame(action.stage, action.micro_batch);
    for (uint32_t i = 0; i < channel.transfer_count; ++i) {
      const sluice_transfer &transfer = program.transfers[channel.first_transfer + i];
      std::memcpy(message, block + transfer.source, transfer.bytes);
      message += transfer.bytes;
    }
  }
  channels[action.channel].endSend();
}

void Executor::receive(Device &to, const sluice_action &action) {
  const sluice_channel &channel = program.channels[action.channel];
  const char *message = channels[action.channel].beginReceive();
  if (channel.role == SLUICE_CHANNEL_REPLICA) {
    std::memcpy(to.gradients(action.stage, action.into), message, messageBytes(program, channel));
  } else {
    char *block =
        channel.role == SLUICE_CHANNEL_EXCHANGE ? to.persistent() : to.frame(action.stage, action.micro_batch);
    for (uint32_t i = 0; i < channel.transfer_count; ++i) {
      const sluice_transfer &transfer = program.transfers[channel.first_transfer + i];
      std::memcpy(block + transfer.target, message, transfer.bytes);
      message += transfer.bytes;
    }
  }
  channels[action.channel].endReceive();
}

void Executor::perform(Runner &runner, const sluice_action &action) {
  switch (action.kind) {
  case SLUICE_ACTION_LOAD:
    return; // inputs of all micro-batches are there before the step
  case SLUICE_ACTION_SEND:
    return send(*runner.memory, action);
  case SLUICE_ACTION_RECEIVE:
    return receive(*runner.memory, action);
  case SLUICE_ACTION_COMBINE:
    return runner.memory->combine(action.stage, action.into, action.from);
  case SLUICE_ACTION_BACKWARD:
  case SLUICE_ACTION_BACKWARD_INPUT:
  case SLUICE_ACTION_BACKWARD_WEIGHT:
    if (action.clears)
      runner.memory->clearGradients(action.stage, action.into);
    call(runner, action);
    if (action.kind == SLUICE_ACTION_BACKWARD_INPUT)
      return;
    // At once: another micro-batch may get the same frame.
    if (afterwards)
      (*afterwards)(action.stage, action.micro_batch, runner.memory->frame(action.stage, action.micro_batch));
    return;
  default:
    return call(runner, action);
  }
}

void Executor::runActions(Runner &runner, const sluice_action *begin, const sluice_action *end) {
  for (const sluice_action *action = begin; action != end; ++action) {
    Clock::time_point started = Clock::now();
    perform(runner, *action);
    Clock::time_point ended = Clock::now();
    if (action->kind != SLUICE_ACTION_SEND && action->kind != SLUICE_ACTION_RECEIVE)
      runner.busy += ended - started;
    if (times)
      (*times)[runner.device].push_back({runner.device, action, started, ended});
  }
}

/// Runs the actions before the update on all devices, or the others.
void Executor::runAll(bool isUpdate) {
  Clock::time_point started = Clock::now();
  crew.run([&](uint32_t device) {
    Runner &runner = runners[device];
    runActions(runner, isUpdate ? runner.update : runner.begin, isUpdate ? runner.end : runner.update);
  });
  stepTime += Clock::now() - started;
}

std::vector<double> Executor::busyShares() const {
  std::vector<double> shares;
  for (const Runner &runner : runners)
    shares.push_back(std::chrono::duration<double>(runner.busy) / std::chrono::duration<double>(stepTime));
  return shares;
}

void Executor::computeGradients(const StepSettings &stepSettings, const LoadFunction &load,
                                const MicroBatchFunction &callback) {
  // On this thread, so that what goes wrong with data is its error.
  for (int64_t m = 0; m < program.micro_batches; ++m) {
    Device &device = replicas[m / (program.micro_batches / program.replicas)];
    load(m, device.input(m, 0), device.input(m, 1));
  }
  settings = &stepSettings;
  afterwards = &callback;
  stepTime = {};
  for (Runner &runner : runners)
    runner.busy = {};
  runAll(/*isUpdate=*/false);
  afterwards = nullptr;
}

void Executor::update(const StepSettings &stepSettings) {
  settings = &stepSettings;
  runAll(/*isUpdate=*/true);
}

bool Executor::wouldWait(const sluice_action &action) const {
  return (action.kind == SLUICE_ACTION_RECEIVE && !channels[action.channel].hasMessage()) ||
         (action.kind == SLUICE_ACTION_SEND && !channels[action.channel].hasRoom());
}

void Executor::computeGradientOf(int32_t microBatch, const StepSettings &stepSettings) {
  settings = &stepSettings;
  int32_t replica = microBatch / (program.micro_batches / program.replicas);
  Device &memory = replicas[replica];
  for (uint32_t stage = 0; stage < program.stage_count; ++stage)
    memory.clearGradients(static_cast<int32_t>(stage), 0);
  // What joins the uses of a tied parameter belongs to every gradient; sums over micro-batches and replicas do not.
  auto isPart = [&](const sluice_action &action) {
    bool isExchange = action.channel >= 0 && program.channels[action.channel].role == SLUICE_CHANNEL_EXCHANGE;
    return action.micro_batch == microBatch || action.kind == SLUICE_ACTION_TIED || isExchange;
  };
  std::vector<const sluice_action *> next;
  for (Runner &runner : runners)
    next.push_back(program.devices[runner.device].replica == replica ? runner.begin : runner.update);
  // One device after the other goes on as far as it can.
  for (bool isDone = false; !isDone;) {
    isDone = true;
    for (Runner &runner : runners) {
      const sluice_action *&at = next[runner.device];
      for (; at != runner.update && (!isPart(*at) || !wouldWait(*at)); ++at)
        if (isPart(*at)) {
          sluice_action alone = *at;
          alone.clears = 0;
          if (alone.kind == SLUICE_ACTION_BACKWARD || alone.kind == SLUICE_ACTION_BACKWARD_INPUT ||
              alone.kind == SLUICE_ACTION_BACKWARD_WEIGHT)
            alone.into = 0;
          perform(runner, alone);
        }
      isDone = isDone && at == runner.update;
    }
  }
}

void Executor::run(const sluice_graph &graph) {
  settings = nullptr;
  // On the threads that the stages have in training too.
  crew.run([&](uint32_t number) {
    for (uint32_t i = 0; i < graph.action_count; ++i) {
      const sluice_action &action = program.actions[graph.first_action + i];
      if (deviceOf(program, action.stage, /*replica=*/0) == static_cast<int32_t>(number))
        perform(runners[number], action);
    }
  });
}

} // namespace sluice::runtime
