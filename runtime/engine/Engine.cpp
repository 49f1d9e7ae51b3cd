//===- Engine.cpp - Trains and runs a compiled program --------------------===//

#include "runtime/engine/Engine.h"
#include "runtime/Error.h"
#include "runtime/engine/MakeReplicas.h"
#include "runtime/engine/NonFinite.h"
#include "runtime/engine/Program.h"
#include "runtime/engine/StepScalars.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace sluice::runtime {

Engine::Engine(const sluice_binary &program, unsigned threads) : Engine(program, makeReplicas(program, {threads})) {}

Engine::Engine(const sluice_binary &program, Replicas devices)
    : program(program), values(program), scale(program, values), replicas(std::move(devices)),
      actions(program, replicas), executor(program, actions) {
  if (mostDelay(program) == 0)
    return;
  stale = std::make_unique<StaleExecutor>(program, actions);
  underWay = std::make_unique<PipelineState>(program, replicas, actions, *stale);
}

static TensorView viewOf(const sluice_tensor &tensor, std::string name, char *data) {
  return {std::move(name), static_cast<sluice_element>(tensor.element), shapeOf(tensor), data};
}

/// A parameter as it is now.
char *Engine::fetched(const sluice_parameter &parameter) const {
  replicas.front()->fetchParameter(parameter);
  return replicas.front()->parameter(parameter);
}

std::vector<TensorView> Engine::parameterTensors() const {
  std::vector<TensorView> views;
  for (uint32_t i = 0; i < program.parameter_count; ++i) {
    const sluice_tensor &tensor = program.parameters[i].tensor;
    if (program.parameters[i].copy_of < 0)
      views.push_back(viewOf(tensor, tensor.name, fetched(program.parameters[i])));
  }
  return views;
}

std::vector<TensorView> Engine::stateTensors() const {
  statesAreShown = true;
  std::vector<TensorView> views;
  for (uint32_t i = 0; i < program.parameter_count; ++i) {
    const sluice_parameter &parameter = program.parameters[i];
    for (uint32_t s = 0; parameter.copy_of < 0 && s < parameter.states; ++s) {
      sluice_tensor state = stateTensor(parameter, s);
      replicas.front()->fetchPersistent(parameter.stage, parameter.state_offsets[s], state.bytes);
      views.push_back(viewOf(state, std::string(parameter.tensor.name) + "." + parameter.state_names[s],
                             replicas.front()->persistent() + parameter.state_offsets[s]));
    }
  }
  return views;
}

void Engine::tensorsChanged() {
  Device &first = *replicas.front();
  for (std::unique_ptr<Device> &replica : replicas)
    for (uint32_t i = 0; i < program.parameter_count; ++i) {
      const sluice_parameter &parameter = program.parameters[i];
      const sluice_parameter &original = parameter.copy_of < 0 ? parameter : program.parameters[parameter.copy_of];
      replica->storeParameter(parameter, first.parameter(original));
      for (uint32_t s = 0; statesAreShown && s < parameter.states; ++s)
        replica->storePersistent(parameter.stage, parameter.state_offsets[s], stateTensor(parameter, s).bytes,
                                 first.persistent() + original.state_offsets[s]);
    }
  statesAreShown = false;
  writeNarrowCopies();
  for (std::unique_ptr<Device> &replica : replicas)
    if (LateMemory *late = replica->late())
      late->forgetPredictions();
}

/// Has devices round the parameters that they have got.
void Engine::writeNarrowCopies() {
  sluice_step step = {};
  for (std::unique_ptr<Device> &replica : replicas)
    for (uint32_t i = 0; i < program.stage_count; ++i) {
      auto stage = static_cast<int32_t>(i);
      if (program.stages[i].narrow < 0)
        continue;
      replica->call(program.stages[i].narrow, Device::kEvaluated, /*buffer=*/0, Device::kNewest, step);
      replica->finish(stage);
      replica->check();
    }
}

std::vector<KernelTime> Engine::timeKernels(bool isTimed) {
  std::vector<KernelTime> sums(kernelsOf(program).size());
  for (std::unique_ptr<Device> &replica : replicas)
    replica->timeKernels(isTimed, sums);
  return sums;
}

void Engine::timeActions(std::vector<std::vector<ActionTime>> *byDevice) {
  actionTimes = byDevice;
  executor.timeActions(byDevice);
}

double Engine::largestNorm(const StepSettings &settings) const {
  return settings.optimizer.gradientClip.value_or(program.grad_clip);
}

void Engine::readSums(StepSums &sums) const {
  // Every replica has the sums of all.
  for (uint32_t stage = 0; stage < program.stage_count; ++stage)
    sums.read(program, *replicas.front(), static_cast<int32_t>(stage));
}

/// The newest parameters, at their offsets.
std::vector<char> Engine::copyParameters() const {
  std::vector<char> block(static_cast<size_t>(program.parameter_bytes));
  for (uint32_t i = 0; i < program.parameter_count; ++i) {
    const sluice_parameter &parameter = program.parameters[i];
    std::memcpy(block.data() + parameter.tensor.offset, fetched(parameter),
                static_cast<size_t>(parameter.tensor.bytes));
  }
  return block;
}

StepResult Engine::gradientResult(const BegunStep &step) const {
  StepResult result;
  const StepMetrics &metrics = step.metrics;
  double carried = runtime::lossScale(step.scalars);
  metrics.setNorms(step.sums, carried, result);
  if (scale.isDynamic())
    result.lossScale = carried;
  result.precision.roundings = metrics.roundings();
  if (step.settings.measuresAccumulation)
    result.precision.accumulationError = metrics.accumulationError();
  // One decision for all stages and replicas, before the update: what is kept is then the last good parameters.
  const auto &counts = result.precision.roundings;
  if (!isFinite(program, metrics, result))
    result.skip = Skip::NonFinite;
  else if (scale.isDynamic() && counts && counts->saturatedErrors > 0)
    // Rounding to a format makes its largest number of what would overflow, so that no norm tells of it.
    result.skip = Skip::Saturated;
  return result;
}

void Engine::checkDevices() {
  for (std::unique_ptr<Device> &replica : replicas)
    replica->check();
}

/// Throws where a step that has not updated is none to be skipped.
void Engine::checkSkip(const BegunStep &step, const StepResult &result) {
  if (result.skip == Skip::None || scale.maySkip())
    return;
  if (result.skip == Skip::NonFinite)
    reportNonFinite(program, step.metrics, replicas, executor, step.settings, scale.skipsInARow());
  reportSaturated(*result.precision.roundings, step.settings, scale.skipsInARow());
}

/// Describes the layers of a step; what gradients carry of the loss scale is taken away.
static std::vector<LayerDetail> detailOf(const sluice_binary &program, const std::vector<char> &before,
                                         const std::vector<char> &after, const StepSums &sums,
                                         const StepMetrics &metrics, double scale) {
  std::vector<LayerDetail> layers = describeLayers(program, before.data(), after.data(), sums, metrics.sums());
  for (LayerDetail &layer : layers)
    layer.gradientNorm /= scale;
  return layers;
}

/// Whether devices may go on to the update by themselves: what else a step depends on or tells is nothing that the host
/// has to know before.
bool Engine::mayDecide(const StepSettings &settings) const {
  bool looksAtRoundings = scale.isDynamic() && findMetric(program, SLUICE_METRIC_ROUNDED_ERRORS);
  return replicas.front()->decides() && !settings.detail && !actionTimes && !looksAtRoundings;
}

int Engine::stepsUnderWay() const {
  if (stale)
    return 2;
  // A scale that follows gradients has to be known before the next step begins.
  return actionTimes || scale.isDynamic() ? 1 : replicas.front()->stepsUnderWay();
}

/// Has devices compute gradients and update, unless one is not finite.
void Engine::askFor(BegunStep &step) {
  Device &first = *replicas.front();
  const sluice_graph &train = program.graphs[0];
  auto read = [&](int32_t stage, int32_t microBatch, Device &memory) {
    step.metrics.read(stage, microBatch, memory, microBatch);
    if (stage == train.stage)
      memory.watch(stage, microBatch, train.result);
  };
  auto decide = [&] {
    for (uint32_t stage = 0; stage < program.stage_count; ++stage)
      step.sums.request(program, first, static_cast<int32_t>(stage));
    first.decide({largestNorm(step.settings), kClipEpsilon, runtime::lossScale(step.scalars),
                  values.indexOf(kClipScale), !scale.maySkip()});
  };
  executor.setScalars(step.scalars);
  first.beginWhole();
  step.marked = executor.ask(step.settings, read, decide);
  first.endWhole();
  step.isAskedFor = true;
}

/// Reads what devices have decided by, and takes their decision anew.
StepResult Engine::endAskedFor(BegunStep &step) {
  Device &first = *replicas.front();
  first.finishReads();
  checkDevices();
  executor.tellTimes(step.marked);
  step.metrics.add();
  for (uint32_t stage = 0; stage < program.stage_count; ++stage)
    step.sums.read(program, first.persistent(), static_cast<int32_t>(stage));
  StepResult result = gradientResult(step);
  if (result.skip == Skip::None)
    return result;
  for (std::unique_ptr<Device> &replica : replicas)
    for (uint32_t stage = 0; stage < program.stage_count; ++stage)
      replica->setUpdates(static_cast<int32_t>(stage), step.updates);
  if (scale.maySkip())
    return result;
  begun.clear();
  first.takeBack();
  executor.setScalars(step.scalars);
  checkSkip(step, result);
  return result;
}

/// Computes gradients and updates, where the host decides.
StepResult Engine::updateByHost(BegunStep &step) {
  executor.setScalars(step.scalars);
  executor.computeGradients(step.settings, [&](int32_t stage, int32_t microBatch, Device &memory) {
    step.metrics.read(stage, microBatch, memory, microBatch);
  });
  step.metrics.add();
  readSums(step.sums);
  StepResult result = gradientResult(step);
  checkSkip(step, result);
  if (result.skip == Skip::None) {
    // No other step has begun.
    setClipScale(values, result.gradientNorm, largestNorm(step.settings));
    executor.setScalars(values);
    executor.update(step.settings);
  }
  return result;
}

StepResult Engine::endBegunStep() {
  std::unique_ptr<BegunStep> step = std::move(begun.front());
  begun.pop_front();
  StepResult result = step->isAskedFor ? endAskedFor(*step) : updateByHost(*step);
  step->metrics.summarize(step->sums, result);
  if (program.device_count > 1) {
    result.stageBusy = executor.busyShares();
    result.predictedStageBusy = predictedBusy(program);
  }
  if (step->settings.detail)
    result.layers =
        detailOf(program, before, copyParameters(), step->sums, step->metrics, runtime::lossScale(step->scalars));
  scale.follow(result.skip != Skip::None);
  return result;
}

void Engine::beginStep(const StepSettings &settings, const LoadFunction &load) {
  // What a gradient depends on has to be known before it is computed, what depends on the gradient comes after it.
  setScalarsOfStep(values, program, settings, scale.skips());
  if (settings.detail)
    before = copyParameters();
  if (!stale) {
    executor.load(load);
    begun.push_back(std::make_unique<BegunStep>(program, settings, values, replicas.front()->updates(/*stage=*/0)));
    if (mayDecide(settings))
      askFor(*begun.back());
    return;
  }
  if (settings.detail)
    fresh = std::make_unique<FreshGradients>(program, replicas, actions, settings, values, load);
  auto step = std::make_unique<StaleStep>(program, settings, values, largestNorm(settings));
  step->isTimed = actionTimes != nullptr;
  stale->begin(std::move(step), load);
}

StepResult Engine::endStep() { return stale ? endStaleStep() : endBegunStep(); }

StepResult Engine::endStaleStep() {
  std::unique_ptr<StaleStep> step = stale->finish();
  for (const DeviceStep &device : step->devices)
    if (!device.failure.empty())
      throw RunError(device.failure);
  StepMetrics &told = step->metrics;
  double carried = runtime::lossScale(step->scalars);
  told.add();
  StepResult result;
  told.setNorms(step->sums, carried, result);
  result.precision.roundings = told.roundings();
  if (step->settings.measuresAccumulation)
    result.precision.accumulationError = told.accumulationError();
  told.summarize(step->sums, result);
  // Before all stages have gradients, nothing is known of the layers of the others.
  if (std::count(step->hasGradient.begin(), step->hasGradient.end(), 0) > 0) {
    result.layersKept.reset();
    result.flops = program.flops_per_token * static_cast<double>(program.batch * program.sequence) *
                   static_cast<double>(program.micro_batches);
  }
  for (const DeviceStep &device : step->devices) {
    auto seconds = [](Clock::duration time) { return std::chrono::duration<double>(time).count(); };
    result.stageBusy.push_back(seconds(device.busy) / seconds(device.end - device.begin));
  }
  result.predictedStageBusy = predictedBusy(program);
  if (step->settings.detail)
    result.layers = detailOf(program, before, copyParameters(), step->sums, told, carried);
  if (step->settings.detail)
    result.stale = fresh->compare(step->hasGradient);
  for (size_t device = 0; actionTimes && device < step->devices.size(); ++device) {
    std::vector<ActionTime> &times = (*actionTimes)[device];
    times.insert(times.end(), step->devices[device].times.begin(), step->devices[device].times.end());
  }
  return result;
}

StepResult Engine::trainStep(const StepSettings &settings, const LoadFunction &load) {
  beginStep(settings, load);
  return endStep();
}

void Engine::run(const sluice_graph &graph) {
  // They may have been set since the last step.
  executor.setScalars(values);
  executor.run(graph);
}

/// The first elements of what a graph has left.
std::vector<double> Engine::resultOf(const sluice_graph &graph, int64_t count) {
  Device &memory = *replicas.front();
  std::vector<char> raw(static_cast<size_t>(count * elementBytes(static_cast<sluice_element>(graph.result.element))));
  memory.readFrame(graph.stage, Device::kEvaluated, graph.result.offset, static_cast<int64_t>(raw.size()), raw.data());
  memory.finish(graph.stage);
  memory.check();
  std::vector<double> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(readElement(graph.result.element, raw.data(), i));
  return values;
}

double Engine::evaluate(const int32_t *tokens, const int32_t *targets) {
  const sluice_graph *graph = findGraph(program, "eval");
  if (!graph)
    throw Error("this program was compiled without an eval graph");
  int64_t count = program.batch * program.sequence;
  std::copy_n(tokens, count, replicas.front()->input(Device::kEvaluated, 0));
  std::copy_n(targets, count, replicas.front()->input(Device::kEvaluated, 1));
  run(*graph);
  return resultOf(*graph, 1).front();
}

std::vector<double> Engine::logits(const std::vector<int32_t> &window) {
  const sluice_graph *graph = findGraph(program, "logits");
  if (!graph)
    throw Error("this program was compiled without a logits graph");
  // All rows after the first, and all tokens after the window, are padding that no score depends on.
  std::fill_n(replicas.front()->input(Device::kEvaluated, 0), elementCount(graph->input[0]), 0);
  std::copy(window.begin(), window.end(), replicas.front()->input(Device::kEvaluated, 0));
  // The position of the last token; the graph has one a row.
  std::fill_n(replicas.front()->input(Device::kEvaluated, 1), elementCount(graph->input[1]),
              static_cast<int32_t>(window.size()) - 1);
  run(*graph);
  return resultOf(*graph, program.vocabulary);
}

} // namespace sluice::runtime
