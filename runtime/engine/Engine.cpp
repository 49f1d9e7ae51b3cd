//===- Engine.cpp - Runs a compiled program's functions -------------------===//

#include "runtime/engine/Engine.h"
#include "runtime/Error.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace sluice::runtime {

/// What PyTorch's clip_grad_norm_ adds to the norm.
static constexpr double kClipEpsilon = 1e-6;

Engine::Engine(const sluice_binary &program, unsigned threads)
    : binary(program), train(program.graphs[0]), values(program), parameters(program.parameter_bytes),
      slots(program.slot_bytes), scratch(planMemory(program, threads).scratch),
      inputs(planMemory(program, threads).inputs), pool(threads, threadScratchBytes(program)),
      lastAction(program.micro_batches, -1), losses(program.micro_batches, 0.0) {
  step.pool = &pool;
  for (uint32_t i = 0; i < binary.action_count; ++i)
    if (const sluice_action &action = binary.actions[i];
        (action.kind == SLUICE_ACTION_FORWARD || action.kind == SLUICE_ACTION_BACKWARD) && action.micro_batch >= 0)
      lastAction[action.micro_batch] = static_cast<int32_t>(i);
  for (uint32_t i = 0; i < binary.metric_count; ++i)
    metrics.push_back(
        {&binary.metrics[i], std::vector<double>(static_cast<size_t>(elementCount(binary.metrics[i].result)))});
}

static TensorView viewOf(const sluice_tensor &tensor, std::string name, char *data) {
  return {std::move(name), static_cast<sluice_element>(tensor.element), shapeOf(tensor), data};
}

std::vector<TensorView> Engine::parameterTensors() const {
  std::vector<TensorView> views;
  for (uint32_t i = 0; i < binary.parameter_count; ++i) {
    const sluice_tensor &tensor = binary.parameters[i].tensor;
    views.push_back(viewOf(tensor, tensor.name, parameters.data() + tensor.offset));
  }
  return views;
}

std::vector<TensorView> Engine::stateTensors() const {
  std::vector<TensorView> views;
  for (uint32_t i = 0; i < binary.parameter_count; ++i) {
    const sluice_parameter &parameter = binary.parameters[i];
    for (uint32_t s = 0; s < parameter.states; ++s)
      views.push_back(viewOf(parameter.tensor, std::string(parameter.tensor.name) + "." + parameter.state_names[s],
                             slots.data() + parameter.state_offsets[s]));
  }
  return views;
}

static void setKey(uint32_t *key, uint64_t seed, uint64_t stepsDone, int32_t microBatch) {
  key[0] = static_cast<uint32_t>(seed);
  key[1] = static_cast<uint32_t>(seed >> 32);
  key[2] = static_cast<uint32_t>(stepsDone);
  key[3] = static_cast<uint32_t>(std::max(microBatch, 0));
}

void Engine::setKeys(const StepSettings &settings, int32_t microBatch) {
  setKey(step.key, settings.seed, settings.step, microBatch);
  setKey(step.gate_key, settings.gateSeed, settings.step, microBatch);
}

void Engine::call(int32_t function) {
  binary.functions[function].entry(&step, parameters.data(), slots.data(), scratch.data());
}

int32_t *Engine::inputOf(int64_t microBatch, uint32_t input) const {
  // Every micro-batch keeps its inputs for the whole step: a schedule may load all before the first forward.
  return reinterpret_cast<int32_t *>(inputs.data()) + inputStride(binary) * (microBatch * SLUICE_MAX_INPUTS + input);
}

void Engine::zeroGradients() {
  char *gradients = slots.data() + binary.gradient_offset;
  pool.run(binary.gradient_bytes, [&](int64_t begin, int64_t end) { std::memset(gradients + begin, 0, end - begin); });
}

void Engine::runAction(const sluice_action &action, const StepSettings &settings, const LoadFunction &load) {
  int32_t microBatch = std::max(action.micro_batch, 0);
  setKeys(settings, microBatch);
  for (uint32_t i = 0; i < train.inputs; ++i)
    step.inputs[i] = inputOf(microBatch, i);
  switch (action.kind) {
  case SLUICE_ACTION_LOAD:
    load(microBatch, inputOf(microBatch, 0), inputOf(microBatch, 1));
    break;
  case SLUICE_ACTION_ZERO:
    zeroGradients();
    break;
  default:
    call(action.function);
  }
}

StepResult Engine::trainStep(const StepSettings &settings, const LoadFunction &load) {
  double done = static_cast<double>(settings.step) + 1;
  double lossScale = values.has("loss_scale") ? values.get("loss_scale") : 1;
  values.setIfPresent("learning_rate", settings.learningRate);
  values.setIfPresent("adamw_learning_rate", settings.adamwLearningRate);
  values.setIfPresent("steps", static_cast<double>(settings.steps));
  values.setIfPresent("loss_gradient", lossScale / static_cast<double>(binary.micro_batches));
  values.setIfPresent("unclipped_scale", 1 / lossScale);
  if (values.has("beta1"))
    values.setIfPresent("bias_correction1", 1 - std::pow(values.get("beta1"), done));
  if (values.has("beta2"))
    values.setIfPresent("bias_correction2", 1 - std::pow(values.get("beta2"), done));
  values.copyTo(step);

  StepResult result;
  std::vector<char> before;
  for (MetricValue &metric : metrics)
    std::fill(metric.values.begin(), metric.values.end(), 0.0);
  for (uint32_t i = 0; i < binary.action_count; ++i) {
    const sluice_action &action = binary.actions[i];
    if (settings.detail && action.kind == SLUICE_ACTION_UPDATE)
      before.assign(parameters.data(), parameters.data() + binary.parameter_bytes);
    runAction(action, settings, load);
    if (action.micro_batch >= 0 && lastAction[action.micro_batch] == static_cast<int32_t>(i)) {
      losses[action.micro_batch] = readElement(train.result.element, slots.data() + train.result.offset, 0);
      addMetrics();
    }
    if (action.kind != SLUICE_ACTION_NORM)
      continue;
    result.gradientNorm = normAt(binary.norms_offset, lossScale);
    if (binary.unclipped_norms_offset >= 0)
      result.unclippedGradientNorm = normAt(binary.unclipped_norms_offset, lossScale);
    bool finite = std::isfinite(result.gradientNorm) && std::isfinite(result.unclippedGradientNorm.value_or(0)) &&
                  std::all_of(losses.begin(), losses.end(), [](double loss) { return std::isfinite(loss); });
    if (!finite)
      reportNonFinite(settings, load);
    double scale = settings.gradientClip > 0 ? settings.gradientClip / (result.gradientNorm + kClipEpsilon) : 1.0;
    values.setIfPresent("clip_scale", std::min(1.0, scale) / lossScale);
    values.copyTo(step);
  }
  for (double loss : losses)
    result.loss += loss;
  result.loss /= static_cast<double>(losses.size());
  describeStep(result);
  if (settings.detail)
    result.layers = describeLayers(binary, before.data(), parameters.data(), slots.data(), metrics);
  for (LayerDetail &layer : result.layers)
    layer.gradientNorm /= lossScale;
  return result;
}

void Engine::addMetrics() {
  for (MetricValue &metric : metrics)
    for (size_t e = 0; e < metric.values.size(); ++e)
      metric.values[e] += readElement(metric.metric->result.element, slots.data() + metric.metric->result.offset,
                                      static_cast<int64_t>(e));
}

void Engine::describeStep(StepResult &result) {
  auto microBatches = static_cast<double>(binary.micro_batches);
  for (const MetricValue &metric : metrics) {
    if (metric.metric->layer >= 0)
      continue;
    MetricValue mean = metric;
    for (double &value : mean.values)
      value /= microBatches;
    if (std::strcmp(metric.metric->name, "loss") == 0)
      result.loss = mean.values.front();
    else
      result.metrics.push_back(std::move(mean));
  }
  result.flops = binary.flops_per_token * static_cast<double>(binary.batch * binary.sequence) * microBatches;
  for (uint32_t i = 0; i < binary.gate_count; ++i) {
    const sluice_gate &gate = binary.gates[i];
    result.flops -= gate.flops * (microBatches - readElement(gate.element, slots.data() + gate.count, 0));
  }
  if (binary.gate_count == 0)
    return;
  result.layersKept = 0;
  for (double share : keptShares(binary, slots.data()))
    *result.layersKept += share;
}

double Engine::normAt(int64_t offset, double lossScale) const {
  const double *squares = reinterpret_cast<const double *>(slots.data() + offset);
  double sum = 0;
  for (uint32_t i = 0; i < binary.parameter_count; ++i)
    if (binary.parameters[i].gradient >= 0)
      sum += squares[i];
  return std::sqrt(sum) / lossScale;
}

std::string Engine::findNonFiniteGradient() const {
  for (uint32_t i = 0; i < binary.parameter_count; ++i) {
    const sluice_parameter &parameter = binary.parameters[i];
    if (parameter.gradient < 0)
      continue;
    const char *gradient = slots.data() + parameter.gradient;
    for (int64_t e = 0, count = elementCount(parameter.tensor); e < count; ++e)
      if (double value = readElement(parameter.tensor.element, gradient, e); !std::isfinite(value))
        return std::string(parameter.tensor.name) + " (element " + std::to_string(e) + " is " + std::to_string(value) +
               ")";
  }
  return "";
}

void Engine::runMicroBatchActions(int32_t microBatch, const StepSettings &settings, const LoadFunction &load) {
  zeroGradients();
  for (uint32_t i = 0; i < binary.action_count && binary.actions[i].kind != SLUICE_ACTION_NORM; ++i) {
    const sluice_action &action = binary.actions[i];
    if (action.kind != SLUICE_ACTION_ZERO && (action.micro_batch == microBatch || action.micro_batch < 0))
      runAction(action, settings, load);
  }
}

void Engine::reportNonFinite(const StepSettings &settings, const LoadFunction &load) {
  // The gradients at hand are sums over micro-batches. The parameters are still those of the step's beginning and every
  // random number is a function of its key, so running each micro-batch alone finds the first that is to blame.
  std::string where = "step " + std::to_string(settings.step) + ": ";
  for (int32_t m = 0; m < binary.micro_batches; ++m) {
    runMicroBatchActions(m, settings, load);
    std::string gradient = findNonFiniteGradient();
    bool lossIsFinite = std::isfinite(losses[m]);
    if (lossIsFinite && gradient.empty())
      continue;
    std::string message = where + "micro-batch " + std::to_string(m) + ": " +
                          (lossIsFinite ? "the gradient is not finite" : "the loss is " + std::to_string(losses[m]));
    throw RunError(message + (gradient.empty() ? "; its gradients are finite"
                                               : "; the first gradient that is not finite is that of " + gradient));
  }
  throw RunError(where + "the sum of the gradients over the micro-batches is not finite, though each of them is");
}

double Engine::callGraph(const sluice_graph &graph) {
  setKeys({}, 0);
  values.copyTo(step);
  for (uint32_t i = 0; i < graph.inputs; ++i)
    step.inputs[i] = inputOf(0, i);
  call(graph.function);
  return readElement(graph.result.element, slots.data() + graph.result.offset, 0);
}

double Engine::evaluate(const int32_t *tokens, const int32_t *targets) {
  const sluice_graph *eval = findGraph(binary, "eval");
  if (!eval)
    throw Error("this program was compiled without an eval graph");
  int64_t count = binary.batch * binary.sequence;
  std::copy_n(tokens, count, inputOf(0, 0));
  std::copy_n(targets, count, inputOf(0, 1));
  return callGraph(*eval);
}

std::vector<double> Engine::logits(const std::vector<int32_t> &window) {
  const sluice_graph *graph = findGraph(binary, "logits");
  if (!graph)
    throw Error("this program was compiled without a logits graph");
  // All rows after the first, and all tokens after the window, are padding that no score depends on.
  std::fill_n(inputOf(0, 0), elementCount(graph->input[0]), 0);
  std::copy(window.begin(), window.end(), inputOf(0, 0));
  std::fill_n(inputOf(0, 1), elementCount(graph->input[1]), static_cast<int32_t>(window.size()) - 1);
  callGraph(*graph);
  std::vector<double> scores(binary.vocabulary);
  for (int64_t i = 0; i < binary.vocabulary; ++i)
    scores[i] = readElement(graph->result.element, slots.data() + graph->result.offset, i);
  return scores;
}

} // namespace sluice::runtime
