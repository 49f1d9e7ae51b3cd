//===- StepMetrics.cpp - What a step tells of itself ----------------------===//

#include "runtime/engine/StepMetrics.h"
#include "runtime/engine/Program.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace sluice::runtime {

StepMetrics::StepMetrics(const sluice_binary &program) : program(program), losses(program.micro_batches, 0.0) {
  for (uint32_t i = 0; i < program.metric_count; ++i)
    metrics.push_back(
        {&program.metrics[i], std::vector<double>(static_cast<size_t>(elementCount(program.metrics[i].result)))});
  for (const MetricValue &metric : metrics)
    values.emplace_back(metric.values.size() * static_cast<size_t>(program.micro_batches));
}

void StepMetrics::read(int32_t stage, int32_t microBatch, const char *frame) {
  const sluice_tensor &loss = program.graphs[0].result;
  if (program.graphs[0].stage == stage)
    losses[microBatch] = readElement(loss.element, frame + loss.offset, 0);
  for (size_t i = 0; i < metrics.size(); ++i) {
    const sluice_tensor &tensor = metrics[i].metric->result;
    size_t elements = metrics[i].values.size();
    if (metrics[i].metric->stage == stage)
      for (size_t e = 0; e < elements; ++e)
        values[i][static_cast<size_t>(microBatch) * elements + e] =
            readElement(tensor.element, frame + tensor.offset, static_cast<int64_t>(e));
  }
}

void StepMetrics::add() {
  for (size_t i = 0; i < metrics.size(); ++i) {
    std::vector<double> &sums = metrics[i].values;
    std::fill(sums.begin(), sums.end(), 0.0);
    for (size_t e = 0; e < values[i].size(); ++e)
      sums[e % sums.size()] += values[i][e];
  }
}

std::optional<RoundingCounts> StepMetrics::roundings() const {
  std::optional<RoundingCounts> counts;
  for (const MetricValue &metric : metrics) {
    if (metric.metric->kind != SLUICE_METRIC_ROUNDED_VALUES && metric.metric->kind != SLUICE_METRIC_ROUNDED_ERRORS)
      continue;
    counts = counts.value_or(RoundingCounts());
    bool areErrors = metric.metric->kind == SLUICE_METRIC_ROUNDED_ERRORS;
    (areErrors ? counts->saturatedErrors : counts->saturatedValues) += static_cast<int64_t>(metric.values[0]);
    (areErrors ? counts->underflowedErrors : counts->underflowedValues) += static_cast<int64_t>(metric.values[1]);
  }
  return counts;
}

std::optional<double> StepMetrics::accumulationError() const {
  for (const MetricValue &metric : metrics)
    if (metric.metric->kind == SLUICE_METRIC_ACCUMULATION_ERROR && metric.values[1] != 0)
      return std::sqrt(metric.values[0] / metric.values[1]);
  return std::nullopt;
}

double StepMetrics::normAt(const char *persistent, int64_t offset, double lossScale) const {
  const double *squares = reinterpret_cast<const double *>(persistent + offset);
  // In the order of the parameters, so that the sum has the same bits however the squares were computed.
  double sum = 0;
  for (uint32_t i = 0; i < program.parameter_count; ++i)
    if (program.parameters[i].gradient >= 0 && program.parameters[i].copy_of < 0)
      sum += squares[i];
  return std::sqrt(sum) / lossScale;
}

void StepMetrics::readNorms(const char *persistent, double lossScale, StepResult &result) const {
  result.gradientNorm = normAt(persistent, program.norms_offset, lossScale);
  if (program.unclipped_norms_offset >= 0)
    result.unclippedGradientNorm = normAt(persistent, program.unclipped_norms_offset, lossScale);
}

void StepMetrics::summarize(const char *persistent, StepResult &result) const {
  auto microBatches = static_cast<double>(program.micro_batches);
  for (double loss : losses)
    result.loss += loss;
  result.loss /= microBatches;
  for (const MetricValue &metric : metrics) {
    if (metric.metric->layer >= 0 || metric.metric->kind != SLUICE_METRIC_MEAN)
      continue;
    MetricValue mean = metric;
    for (double &value : mean.values)
      value /= microBatches;
    // The loss that is differentiated may have terms that people do not compare by.
    if (std::strcmp(metric.metric->name, "loss") == 0)
      result.loss = mean.values.front();
    else
      result.metrics.push_back(std::move(mean));
  }
  result.flops = program.flops_per_token * static_cast<double>(program.batch * program.sequence) * microBatches;
  for (uint32_t i = 0; i < program.gate_count; ++i) {
    const sluice_gate &gate = program.gates[i];
    result.flops -= gate.flops * (microBatches - readElement(gate.element, persistent + gate.count, 0));
  }
  if (program.gate_count == 0)
    return;
  result.layersKept = 0;
  for (double share : keptShares(program, persistent))
    *result.layersKept += share;
}

} // namespace sluice::runtime
