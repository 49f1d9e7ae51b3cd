//===- Engine.cpp - Trains and runs a compiled program --------------------===//

#include "runtime/engine/Engine.h"
#include "runtime/Error.h"
#include "runtime/engine/NonFinite.h"
#include "runtime/engine/Program.h"
#include "runtime/engine/StepScalars.h"

#include <algorithm>
#include <cstring>

namespace sluice::runtime {

static std::deque<Device> makeReplicas(const sluice_binary &program, unsigned threads) {
  std::deque<Device> replicas;
  for (int32_t replica = 0; replica < program.replicas; ++replica)
    replicas.emplace_back(program, threads);
  return replicas;
}

Engine::Engine(const sluice_binary &program, unsigned threads)
    : program(program), values(program), scale(program, values), replicas(makeReplicas(program, threads)),
      executor(program, replicas), metrics(program) {}

static TensorView viewOf(const sluice_tensor &tensor, std::string name, char *data) {
  return {std::move(name), static_cast<sluice_element>(tensor.element), shapeOf(tensor), data};
}

std::vector<TensorView> Engine::parameterTensors() const {
  std::vector<TensorView> views;
  for (uint32_t i = 0; i < program.parameter_count; ++i) {
    const sluice_tensor &tensor = program.parameters[i].tensor;
    if (program.parameters[i].copy_of < 0)
      views.push_back(viewOf(tensor, tensor.name, replicas.front().parameters() + tensor.offset));
  }
  return views;
}

std::vector<TensorView> Engine::stateTensors() const {
  std::vector<TensorView> views;
  for (uint32_t i = 0; i < program.parameter_count; ++i) {
    const sluice_parameter &parameter = program.parameters[i];
    for (uint32_t s = 0; parameter.copy_of < 0 && s < parameter.states; ++s)
      views.push_back(viewOf(stateTensor(parameter, s),
                             std::string(parameter.tensor.name) + "." + parameter.state_names[s],
                             replicas.front().persistent() + parameter.state_offsets[s]));
  }
  return views;
}

void Engine::tensorsChanged() {
  Device &first = replicas.front();
  auto copy = [](char *to, const char *from, int64_t bytes) { std::memcpy(to, from, static_cast<size_t>(bytes)); };
  for (uint32_t i = 0; i < program.parameter_count; ++i) {
    const sluice_parameter &parameter = program.parameters[i];
    if (parameter.copy_of < 0)
      continue;
    const sluice_parameter &original = program.parameters[parameter.copy_of];
    copy(first.parameters() + parameter.tensor.offset, first.parameters() + original.tensor.offset,
         parameter.tensor.bytes);
    for (uint32_t s = 0; s < parameter.states; ++s)
      copy(first.persistent() + parameter.state_offsets[s], first.persistent() + original.state_offsets[s],
           stateTensor(parameter, s).bytes);
  }
  for (size_t replica = 1; replica < replicas.size(); ++replica) {
    copy(replicas[replica].parameters(), first.parameters(), program.parameter_bytes);
    for (uint32_t i = 0; i < program.parameter_count; ++i)
      for (uint32_t s = 0; s < program.parameters[i].states; ++s) {
        int64_t offset = program.parameters[i].state_offsets[s];
        copy(replicas[replica].persistent() + offset, first.persistent() + offset,
             stateTensor(program.parameters[i], s).bytes);
      }
  }
}

std::vector<KernelTime> Engine::timeKernels(bool isTimed) {
  std::vector<KernelTime> sums(program.kernel_count);
  for (const std::vector<KernelTime> &times : kernelTimes)
    for (size_t kernel = 0; kernel < sums.size(); ++kernel) {
      sums[kernel].runs += times[kernel].runs;
      sums[kernel].seconds += times[kernel].seconds;
    }
  kernelTimes.clear();
  for (Device &replica : replicas)
    for (uint32_t stage = 0; stage < program.stage_count; ++stage) {
      if (isTimed)
        kernelTimes.emplace_back(program.kernel_count);
      replica.threads(static_cast<int32_t>(stage)).timeKernels(isTimed ? &kernelTimes.back() : nullptr);
    }
  return sums;
}

StepResult Engine::gradientResult(const StepSettings &settings) {
  StepResult result;
  // Every replica has the sums of all.
  metrics.readNorms(replicas.front().persistent(), runtime::lossScale(values), result);
  if (scale.isDynamic())
    result.lossScale = runtime::lossScale(values);
  result.precision.roundings = metrics.roundings();
  if (settings.measuresAccumulation)
    result.precision.accumulationError = metrics.accumulationError();
  // One decision for all stages and replicas, before the update: what is kept is then the last good parameters.
  if (!isFinite(program, metrics, result)) {
    result.skip = Skip::NonFinite;
    if (!scale.maySkip())
      reportNonFinite(program, metrics, replicas, executor, settings, scale.skipsInARow());
  } else if (const auto &counts = result.precision.roundings;
             scale.isDynamic() && counts && counts->saturatedErrors > 0) {
    // Rounding to a format makes its largest number of what would overflow, so that no norm tells of it.
    result.skip = Skip::Saturated;
    if (!scale.maySkip())
      reportSaturated(*counts, settings, scale.skipsInARow());
  }
  return result;
}

StepResult Engine::trainStep(const StepSettings &settings, const LoadFunction &load) {
  // What a gradient depends on has to be known before it is computed, what depends on the gradient comes after it.
  setScalarsOfStep(values, program, settings, scale.skips());
  executor.setScalars(values);
  executor.computeGradients(settings, load, [&](int32_t stage, int32_t microBatch, const char *frame) {
    metrics.read(stage, microBatch, frame);
  });
  metrics.add();

  StepResult result = gradientResult(settings);
  const Device &device = replicas.front();
  std::vector<char> before;
  if (settings.detail)
    before.assign(device.parameters(), device.parameters() + program.parameter_bytes);
  if (result.skip == Skip::None) {
    setClipScale(values, result.gradientNorm, settings.optimizer.gradientClip.value_or(program.grad_clip));
    executor.setScalars(values);
    executor.update(settings);
  }
  metrics.summarize(device.persistent(), result);
  if (program.device_count > 1) {
    result.stageBusy = executor.busyShares();
    result.predictedStageBusy = predictedBusy(program);
  }
  if (settings.detail)
    result.layers = describeLayers(program, before.data(), device.parameters(), device.persistent(), metrics.sums());
  for (LayerDetail &layer : result.layers)
    layer.gradientNorm /= runtime::lossScale(values); // it comes from sums of squares that carry the scale
  scale.follow(result.skip != Skip::None);
  return result;
}

void Engine::run(const sluice_graph &graph) {
  // They may have been set since the last step.
  executor.setScalars(values);
  executor.run(graph);
}

const char *Engine::resultOf(const sluice_graph &graph) const {
  return replicas.front().frame(graph.stage) + graph.result.offset;
}

double Engine::evaluate(const int32_t *tokens, const int32_t *targets) {
  const sluice_graph *graph = findGraph(program, "eval");
  if (!graph)
    throw Error("this program was compiled without an eval graph");
  int64_t count = program.batch * program.sequence;
  std::copy_n(tokens, count, replicas.front().input(0, 0));
  std::copy_n(targets, count, replicas.front().input(0, 1));
  run(*graph);
  return readElement(graph->result.element, resultOf(*graph), 0);
}

std::vector<double> Engine::logits(const std::vector<int32_t> &window) {
  const sluice_graph *graph = findGraph(program, "logits");
  if (!graph)
    throw Error("this program was compiled without a logits graph");
  // All rows after the first, and all tokens after the window, are padding that no score depends on.
  std::fill_n(replicas.front().input(0, 0), elementCount(graph->input[0]), 0);
  std::copy(window.begin(), window.end(), replicas.front().input(0, 0));
  // The position of the last token; the graph has one a row.
  std::fill_n(replicas.front().input(0, 1), elementCount(graph->input[1]), static_cast<int32_t>(window.size()) - 1);
  run(*graph);
  std::vector<double> scores(program.vocabulary);
  for (int64_t i = 0; i < program.vocabulary; ++i)
    scores[i] = readElement(graph->result.element, resultOf(*graph), i);
  return scores;
}

} // namespace sluice::runtime
