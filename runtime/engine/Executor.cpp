//===- Executor.cpp - Runs the actions of a training step -----------------===//

#include "runtime/engine/Executor.h"
#include "runtime/engine/Program.h"

#include <algorithm>
#include <utility>

namespace sluice::runtime {

Executor::Executor(const sluice_binary &program, Actions &actions)
    : program(program), actions(actions), marked(program.device_count), crew(program.device_count) {
  for (uint32_t i = 0; i < program.device_count; ++i) {
    const sluice_device &device = program.devices[i];
    Runner runner;
    runner.device = static_cast<int32_t>(i);
    runner.memory = &actions.memoryOf(device.replica);
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

void Executor::perform(Runner &runner, const sluice_action &action) {
  ActionContext context;
  context.seeds = &settings->seeds;
  context.step = settings->step;
  context.microBatch = std::max(action.micro_batch, 0);
  actions.perform(*runner.memory, runner.step, action, context);
  if (afterwards && endsBackward(action))
    (*afterwards)(action.stage, action.micro_batch, *runner.memory);
}

void Executor::runActions(Runner &runner, const sluice_action *begin, const sluice_action *end) {
  if (begin == end)
    return;
  int64_t started = needsTimes() ? runner.memory->mark(begin->stage) : 0;
  for (const sluice_action *action = begin; action != end; ++action) {
    perform(runner, *action);
    if (!needsTimes())
      continue;
    int64_t done = runner.memory->mark(action->stage);
    marked[runner.device].push_back({action, started, done});
    started = done;
  }
}

/// Asks all devices for the actions before the update, or for the others.
void Executor::askAll(bool isUpdate) {
  crew.run([&](uint32_t device) {
    Runner &runner = runners[device];
    runActions(runner, isUpdate ? runner.update : runner.begin, isUpdate ? runner.end : runner.update);
  });
}

/// Waits for what they were asked for.
void Executor::finishAll() {
  for (Runner &runner : runners)
    if (runner.begin != runner.end)
      runner.memory->finish(runner.begin->stage);
}

void Executor::forgetTimes() {
  stepTime = {};
  for (Runner &runner : runners)
    runner.busy = {};
}

/// Of actions that are done.
void Executor::addTimes(const MarkedActions &marks) {
  for (Runner &runner : runners) {
    for (const MarkedAction &mark : marks[runner.device]) {
      const sluice_action *action = mark.action;
      Clock::time_point began = runner.memory->whenDone(mark.begin), ended = runner.memory->whenDone(mark.end);
      if (action->kind != SLUICE_ACTION_SEND && action->kind != SLUICE_ACTION_RECEIVE)
        runner.busy += ended - began;
      if (times)
        (*times)[runner.device].push_back({runner.device, action, began, ended});
    }
    if (!marks[runner.device].empty())
      runner.memory->forgetMarks(runner.begin->stage);
  }
}

void Executor::checkAll() {
  for (Runner &runner : runners)
    runner.memory->check();
}

std::vector<double> Executor::busyShares() const {
  std::vector<double> shares;
  for (const Runner &runner : runners)
    shares.push_back(std::chrono::duration<double>(runner.busy) / std::chrono::duration<double>(stepTime));
  return shares;
}

void Executor::load(const LoadFunction &load) { actions.load(/*step=*/0, load); }

void Executor::computeGradients(const StepSettings &stepSettings, const MicroBatchFunction &callback) {
  settings = &stepSettings;
  afterwards = &callback;
  forgetTimes();
  actions.rewindChannels();
  Clock::time_point started = Clock::now();
  askAll(/*isUpdate=*/false);
  finishAll();
  stepTime += Clock::now() - started;
  addTimes(takeMarked());
  checkAll();
  afterwards = nullptr;
}

void Executor::update(const StepSettings &stepSettings) {
  settings = &stepSettings;
  Clock::time_point started = Clock::now();
  askAll(/*isUpdate=*/true);
  // Nobody waits for an update but the next step, which is behind it, and who wants to know what it took.
  if (needsTimes())
    finishAll();
  stepTime += Clock::now() - started;
  addTimes(takeMarked());
  checkAll();
}

MarkedActions Executor::ask(const StepSettings &stepSettings, const MicroBatchFunction &callback,
                            const std::function<void()> &decide) {
  settings = &stepSettings;
  afterwards = &callback;
  actions.rewindChannels();
  askAll(/*isUpdate=*/false);
  decide();
  askAll(/*isUpdate=*/true);
  afterwards = nullptr;
  return takeMarked();
}

MarkedActions Executor::takeMarked() { return std::exchange(marked, MarkedActions(runners.size())); }

void Executor::tellTimes(const MarkedActions &marks) {
  forgetTimes();
  addTimes(marks);
  for (const Runner &runner : runners)
    if (const std::vector<MarkedAction> &mine = marks[runner.device]; !mine.empty())
      stepTime =
          std::max(stepTime, runner.memory->whenDone(mine.back().end) - runner.memory->whenDone(mine.front().begin));
}

void Executor::computeGradientOf(int32_t microBatch, const StepSettings &stepSettings) {
  settings = &stepSettings;
  int32_t replica = microBatch / (program.micro_batches / program.replicas);
  Device &memory = actions.memoryOf(replica);
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
      for (; at != runner.update && (!isPart(*at) || !actions.wouldWait(*at)); ++at)
        if (isPart(*at)) {
          sluice_action alone = *at;
          alone.clears = 0;
          if (isBackward(alone))
            alone.into = 0;
          perform(runner, alone);
        }
      isDone = isDone && at == runner.update;
    }
  }
}

void Executor::run(const sluice_graph &graph) {
  ActionContext context;
  context.microBatch = Device::kEvaluated;
  // On the threads that the stages have in training too.
  crew.run([&](uint32_t number) {
    for (uint32_t i = 0; i < graph.action_count; ++i) {
      const sluice_action &action = program.actions[graph.first_action + i];
      if (deviceOf(program, action.stage, /*replica=*/0) == static_cast<int32_t>(number))
        actions.perform(*runners[number].memory, runners[number].step, action, context);
    }
  });
  checkAll();
}

} // namespace sluice::runtime
