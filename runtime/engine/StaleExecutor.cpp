//===- StaleExecutor.cpp - Steps whose stages do not wait -----------------===//

#include "runtime/engine/StaleExecutor.h"
#include "runtime/Error.h"
#include "runtime/engine/LossScale.h"
#include "runtime/engine/NonFinite.h"
#include "runtime/engine/Program.h"
#include "runtime/engine/StepScalars.h"

#include <algorithm>
#include <cmath>

namespace sluice::runtime {

StaleStep::StaleStep(const sluice_binary &program, const StepSettings &settings, const Scalars &scalars,
                     double largestNorm)
    : settings(settings), scalars(scalars), largestNorm(largestNorm), metrics(program), sums(program),
      hasGradient(program.stage_count), devices(program.device_count), pending(program.device_count) {}

StaleExecutor::StaleExecutor(const sluice_binary &program, Actions &actions) : program(program), actions(actions) {
  for (uint32_t i = 0; i < program.device_count; ++i) {
    Runner &runner = runners.emplace_back();
    runner.device = &program.devices[i];
    runner.number = static_cast<int32_t>(i);
    runner.memory = &actions.memoryOf(runner.device->replica);
    runner.clipScales.resize(program.stage_count);
  }
  try {
    for (Runner &runner : runners)
      threads.emplace_back([this, &runner] { work(runner); });
  } catch (...) {
    stop();
    throw;
  }
}

StaleExecutor::~StaleExecutor() { stop(); }

void StaleExecutor::stop() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    isStopping = true;
  }
  begins.notify_all();
  for (std::thread &thread : threads)
    thread.join();
}

void StaleExecutor::begin(std::unique_ptr<StaleStep> step, const LoadFunction &load) {
  actions.load(step->settings.step, load);
  {
    std::lock_guard<std::mutex> lock(mutex);
    steps.push_back(std::move(step));
  }
  begins.notify_all();
}

std::unique_ptr<StaleStep> StaleExecutor::finish() {
  std::unique_lock<std::mutex> lock(mutex);
  ends.wait(lock, [this] { return steps.front()->pending == 0; });
  std::unique_ptr<StaleStep> step = std::move(steps.front());
  steps.pop_front();
  ++taken;
  return step;
}

/// The step after so many others; null where there will be none.
StaleStep *StaleExecutor::waitFor(int64_t number) {
  std::unique_lock<std::mutex> lock(mutex);
  auto hasBegun = [&] { return number < taken + static_cast<int64_t>(steps.size()); };
  begins.wait(lock, [&] { return isStopping || hasBegun(); });
  return hasBegun() ? steps[static_cast<size_t>(number - taken)].get() : nullptr;
}

void StaleExecutor::work(Runner &runner) {
  for (int64_t number = 0; StaleStep *step = waitFor(number); ++number) {
    run(runner, *step);
    std::lock_guard<std::mutex> lock(mutex);
    if (--step->pending == 0)
      ends.notify_one();
  }
}

void StaleExecutor::run(Runner &runner, StaleStep &step) {
  DeviceStep &share = step.devices[runner.number];
  share.begin = runner.ended == Clock::time_point() ? Clock::now() : runner.ended;
  step.scalars.copyTo(runner.step);
  const sluice_device &device = *runner.device;
  const sluice_action *begin = program.actions + (isWarmup(step) ? device.first_warmup_action : device.first_action);
  const sluice_action *end = begin + (isWarmup(step) ? device.warmup_action_count : device.action_count);
  Device &memory = *runner.memory;
  Marks marks;
  for (const sluice_action *action = begin; action != end; ++action) {
    int64_t started = memory.mark(action->stage);
    try {
      perform(runner, step, *action);
    } catch (const RunError &error) {
      fail(runner, step, error.what()); // messages go on: others wait for them
    }
    marks.emplace_back(started, memory.mark(action->stage));
  }
  tellTimes(step, runner, begin, marks);
  share.end = runner.ended = Clock::now();
}

/// Waits for the actions of a step, and tells when they ran: each between two marks.
void StaleExecutor::tellTimes(StaleStep &step, Runner &runner, const sluice_action *action, const Marks &marks) {
  if (marks.empty())
    return;
  Device &memory = *runner.memory;
  DeviceStep &share = step.devices[runner.number];
  int32_t stage = action->stage;
  memory.finish(stage);
  for (auto [begin, end] : marks) {
    Clock::time_point began = memory.whenDone(begin), ended = memory.whenDone(end);
    if (action->kind != SLUICE_ACTION_SEND && action->kind != SLUICE_ACTION_RECEIVE)
      share.busy += ended - began;
    if (step.isTimed)
      share.times.push_back({runner.number, action, began, ended});
    ++action;
  }
  memory.forgetMarks(stage);
  try {
    memory.check();
  } catch (const RunError &error) {
    fail(runner, step, error.what());
  }
}

/// Keeps why a device stops updating.
void StaleExecutor::fail(Runner &runner, StaleStep &step, const std::string &failure) {
  std::string &kept = step.devices[runner.number].failure;
  if (kept.empty())
    kept = failure;
  int64_t since = failedSince.load();
  while (step.settings.step < since && !failedSince.compare_exchange_weak(since, step.settings.step))
    ;
}

bool StaleExecutor::hasGradient(const StaleStep &step, int32_t stage) const {
  return isWarmup(step) || step.settings.step - program.stages[stage].delay >= firstLate;
}

void StaleExecutor::perform(Runner &runner, StaleStep &step, const sluice_action &action) {
  ActionContext context;
  context.seeds = &step.settings.seeds;
  context.step = step.settings.step + action.iteration;
  context.microBatch = actions.numberOf(context.step, std::max(action.micro_batch, 0));
  if (action.iteration < 0 && context.step < firstLate) {
    if (isBackward(action))
      runner.memory->clearGradients(action.stage, action.into);
    return;
  }
  bool ofUpdate = action.kind == SLUICE_ACTION_NORM || action.kind == SLUICE_ACTION_UPDATE;
  if (ofUpdate && !hasGradient(step, action.stage))
    return;
  if (action.kind == SLUICE_ACTION_UPDATE) {
    if (failedSince.load() <= step.settings.step)
      return;
    prepareUpdate(runner, step, action.stage);
    context.ahead = isWarmup(step) ? 0 : program.stages[action.stage].delay;
  }
  if (action.kind == SLUICE_ACTION_TIED && !isWarmup(step))
    runner.memory->late()->exchangeHeldGradients(action.stage);
  actions.perform(*runner.memory, runner.step, action, context);
  Device &memory = *runner.memory;
  bool isLate = program.stages[action.stage].delay > 0;
  if (action.kind == SLUICE_ACTION_NORM)
    examine(runner, step, action.stage);
  else if (action.kind == SLUICE_ACTION_FORWARD && isLate)
    step.metrics.readForward(action.stage, action.micro_batch, memory, context.microBatch);
  else if (endsBackward(action) && isLate)
    step.metrics.readBackward(action.stage, action.micro_batch, memory, context.microBatch);
  else if (endsBackward(action))
    step.metrics.read(action.stage, action.micro_batch, memory, context.microBatch);
}

/// Looks at the gradient of a stage, before its update.
void StaleExecutor::examine(Runner &runner, StaleStep &step, int32_t stage) {
  StepSums mine(program);
  // Every replica has the sums of all, and tells nothing new.
  bool isTold = runner.device->replica == 0;
  StepSums &sums = isTold ? step.sums : mine;
  sums.read(program, *runner.memory, stage);
  if (isTold)
    step.hasGradient[stage] = true;
  Scalars scalars = step.scalars;
  setClipScale(scalars, normOf(program, sums.squares, lossScale(scalars), stage), step.largestNorm);
  runner.clipScales[stage] = clipScale(scalars);
  if (std::string failure = findFailure(runner, step, sums, stage); !failure.empty())
    fail(runner, step, failure);
}

/// Sets what the update of a stage reads that others have otherwise.
void StaleExecutor::prepareUpdate(Runner &runner, const StaleStep &step, int32_t stage) {
  Scalars scalars = step.scalars;
  setScalarsOfUpdate(scalars, runner.memory->updates(stage), runner.clipScales[stage]);
  scalars.copyTo(runner.step);
}

std::string StaleExecutor::findFailure(const Runner &runner, const StaleStep &step, const StepSums &sums,
                                       int32_t stage) const {
  std::string where = "step " + std::to_string(step.settings.step) + ": stage " + std::to_string(stage) + ": ";
  int64_t first = runner.device->replica * microBatchesOfReplica();
  for (int64_t m = first; stage == program.graphs[0].stage && m < first + microBatchesOfReplica(); ++m)
    if (double loss = step.metrics.lossOf(static_cast<int32_t>(m)); !std::isfinite(loss))
      return where + "micro-batch " + std::to_string(m) + ": the loss is " + std::to_string(loss);
  if (std::isfinite(normOf(program, sums.squares, 1, stage)) &&
      std::isfinite(normOf(program, sums.unclipped, 1, stage)))
    return "";
  int32_t delay = isWarmup(step) ? 0 : program.stages[stage].delay;
  std::string gradient = findNonFiniteGradient(program, *runner.memory, stage);
  return where + "the gradient of step " + std::to_string(step.settings.step - delay) + " is not finite" +
         (gradient.empty() ? "" : "; the first that is not is that of " + gradient);
}

} // namespace sluice::runtime
