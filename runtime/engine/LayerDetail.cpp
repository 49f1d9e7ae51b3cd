//===- LayerDetail.cpp - What a step did layer by layer -------------------===//

#include "runtime/engine/LayerDetail.h"
#include "runtime/engine/Program.h"

#include <cmath>
#include <cstring>

namespace sluice::runtime {

std::vector<double> keptShares(const sluice_binary &program, const StepSums &sums) {
  std::vector<double> open(program.layer_count, 0.0), gates(program.layer_count, 0.0);
  for (uint32_t i = 0; i < program.gate_count; ++i) {
    const sluice_gate &gate = program.gates[i];
    open[gate.layer] += sums.gates[i] / static_cast<double>(program.micro_batches);
    gates[gate.layer] += 1;
  }
  for (uint32_t i = 0; i < program.layer_count; ++i)
    // A layer may have a gate for each of its parts.
    open[i] = gates[i] > 0 ? open[i] / gates[i] : 1;
  return open;
}

/// With the dot, so that "h.1" does not take the parameters of "h.10".
static bool belongsTo(const sluice_parameter &parameter, const std::string &layer) {
  return std::strncmp(parameter.tensor.name, (layer + ".").c_str(), layer.size() + 1) == 0;
}

static void describeParameters(const sluice_binary &program, const char *before, const char *after,
                               const StepSums &sums, LayerDetail &detail) {
  // All sums in double: a layer has millions of elements.
  double gradient = 0, change = 0, size = 0;
  for (uint32_t i = 0; i < program.parameter_count; ++i) {
    const sluice_parameter &parameter = program.parameters[i];
    if (!belongsTo(parameter, detail.name) || parameter.copy_of >= 0)
      continue;
    if (parameter.gradient >= 0)
      gradient += sums.squares[i];
    const sluice_tensor &tensor = parameter.tensor;
    for (int64_t e = 0, count = elementCount(tensor); e < count; ++e) {
      double old = readElement(tensor.element, before + tensor.offset, e);
      double difference = readElement(tensor.element, after + tensor.offset, e) - old;
      change += difference * difference;
      size += old * old;
    }
  }
  detail.gradientNorm = std::sqrt(gradient);
  detail.updateRatio = size > 0 ? std::sqrt(change / size) : 0;
}

std::vector<LayerDetail> describeLayers(const sluice_binary &program, const char *before, const char *after,
                                        const StepSums &sums, const std::vector<MetricValue> &metrics) {
  std::vector<double> kept = keptShares(program, sums);
  std::vector<LayerDetail> details(program.layer_count);
  for (uint32_t i = 0; i < program.layer_count; ++i) {
    details[i].name = program.layers[i].name;
    details[i].kept = kept[i];
    describeParameters(program, before, after, sums, details[i]);
  }
  for (const MetricValue &metric : metrics) {
    if (metric.metric->layer < 0)
      continue;
    // A closed gate leaves zeros: the mean is over the micro-batches that ran.
    auto runs = static_cast<double>(program.micro_batches);
    if (metric.metric->gate >= 0)
      runs = sums.gates[metric.metric->gate];
    if (runs == 0)
      continue;
    MetricValue mean = metric;
    for (double &value : mean.values)
      value /= runs;
    details[metric.metric->layer].metrics.push_back(std::move(mean));
  }
  return details;
}

} // namespace sluice::runtime
