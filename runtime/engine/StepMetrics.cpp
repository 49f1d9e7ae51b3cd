//===- StepMetrics.cpp - What a step tells of itself ----------------------===//

#include "runtime/engine/StepMetrics.h"
#include "runtime/engine/Program.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace sluice::runtime {

static int64_t bytesOf(const sluice_metric &metric) {
  return elementCount(metric.result) * elementBytes(static_cast<sluice_element>(metric.result.element));
}

StepMetrics::StepMetrics(const sluice_binary &program) : program(program), losses(program.micro_batches) {
  for (uint32_t i = 0; i < program.metric_count; ++i)
    metrics.push_back(
        {&program.metrics[i], std::vector<double>(static_cast<size_t>(elementCount(program.metrics[i].result)))});
  for (const MetricValue &metric : metrics)
    values.emplace_back(static_cast<size_t>(bytesOf(*metric.metric) * program.micro_batches));
}

void StepMetrics::readMetric(size_t metric, int32_t stage, int32_t microBatch, Device &memory, int64_t inMemory) {
  int64_t bytes = bytesOf(*metrics[metric].metric);
  memory.readFrame(stage, inMemory, metrics[metric].metric->result.offset, bytes,
                   values[metric].data() + microBatch * bytes);
}

void StepMetrics::read(int32_t stage, int32_t microBatch, Device &memory, int64_t inMemory) {
  readForward(stage, microBatch, memory, inMemory);
  readBackward(stage, microBatch, memory, inMemory);
}

/// Whether forward alone computes it.
static bool isOfForward(const sluice_metric &metric) {
  return metric.layer < 0 && (metric.kind == SLUICE_METRIC_MEAN || metric.kind == SLUICE_METRIC_ACCUMULATION_ERROR);
}

void StepMetrics::readForward(int32_t stage, int32_t microBatch, Device &memory, int64_t inMemory) {
  const sluice_tensor &loss = program.graphs[0].result;
  if (program.graphs[0].stage == stage)
    memory.readFrame(stage, inMemory, loss.offset, elementBytes(static_cast<sluice_element>(loss.element)),
                     losses[microBatch].bytes);
  for (size_t i = 0; i < metrics.size(); ++i)
    if (metrics[i].metric->stage == stage && isOfForward(*metrics[i].metric))
      readMetric(i, stage, microBatch, memory, inMemory);
}

void StepMetrics::readBackward(int32_t stage, int32_t microBatch, Device &memory, int64_t inMemory) {
  for (size_t i = 0; i < metrics.size(); ++i)
    if (metrics[i].metric->stage == stage && !isOfForward(*metrics[i].metric))
      readMetric(i, stage, microBatch, memory, inMemory);
}

void StepMetrics::add() {
  for (size_t i = 0; i < metrics.size(); ++i) {
    std::vector<double> &sums = metrics[i].values;
    std::fill(sums.begin(), sums.end(), 0.0);
    size_t count = sums.size() * static_cast<size_t>(program.micro_batches);
    for (size_t e = 0; e < count; ++e)
      sums[e % sums.size()] +=
          readElement(metrics[i].metric->result.element, values[i].data(), static_cast<int64_t>(e));
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

void StepMetrics::setNorms(const StepSums &sums, double lossScale, StepResult &result) const {
  result.gradientNorm = normOf(program, sums.squares, lossScale);
  if (!sums.unclipped.empty())
    result.unclippedGradientNorm = normOf(program, sums.unclipped, lossScale);
}

void StepMetrics::summarize(const StepSums &sums, StepResult &result) const {
  auto microBatches = static_cast<double>(program.micro_batches);
  for (int32_t m = 0; m < program.micro_batches; ++m)
    result.loss += lossOf(m);
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
  for (uint32_t i = 0; i < program.gate_count; ++i)
    result.flops -= program.gates[i].flops * (microBatches - sums.gates[i]);
  if (program.gate_count == 0)
    return;
  result.layersKept = 0;
  for (double share : keptShares(program, sums))
    *result.layersKept += share;
}

} // namespace sluice::runtime
