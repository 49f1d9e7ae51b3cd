//===- StepLog.cpp - A step as a line of the log --------------------------===//

#include "runtime/train/StepLog.h"
#include "runtime/engine/Program.h"

#include <cstdio>

namespace sluice::runtime {

/// A number where the tensor is one, else a list.
static void addMetric(MetricsLine &line, const MetricValue &metric) {
  if (metric.metric->result.rank == 0)
    line.add(metric.metric->name, metric.values.front());
  else
    line.add(metric.metric->name, metric.values);
}

void addResult(MetricsLine &line, const StepResult &result) {
  line.add("loss", result.loss);
  for (const MetricValue &metric : result.metrics)
    addMetric(line, metric);
  line.add("grad_norm", result.gradientNorm);
  if (result.unclippedGradientNorm)
    line.add("unclipped_grad_norm", *result.unclippedGradientNorm);
  if (result.lossScale)
    line.add("loss_scale", *result.lossScale).add("skipped", int64_t(result.skip != Skip::None));
  if (const std::optional<RoundingCounts> &counts = result.precision.roundings)
    line.add("saturated_values", counts->saturatedValues)
        .add("saturated_errors", counts->saturatedErrors)
        .add("underflowed_values", counts->underflowedValues)
        .add("underflowed_errors", counts->underflowedErrors);
  if (result.precision.accumulationError)
    line.add("accumulation_error", *result.precision.accumulationError);
  if (result.layersKept)
    line.add("layers_kept", *result.layersKept);
  line.add("flops", result.flops);
  if (!result.stageBusy.empty())
    line.add("bubble", bubbleOf(result.stageBusy)).add("stage_busy", result.stageBusy);
  if (!result.predictedStageBusy.empty())
    line.add("bubble_predicted", bubbleOf(result.predictedStageBusy))
        .add("stage_busy_predicted", result.predictedStageBusy);
  // Only lines of every so many steps describe the layers.
  if (result.layers.empty())
    return;
  std::vector<MetricsLine> layers;
  for (const LayerDetail &detail : result.layers) {
    MetricsLine &layer = layers.emplace_back();
    layer.addName("name", detail.name).add("kept", detail.kept).add("grad_norm", detail.gradientNorm);
    layer.add("update_ratio", detail.updateRatio);
    for (const MetricValue &metric : detail.metrics)
      addMetric(layer, metric);
  }
  line.add("layers", layers);
  std::vector<MetricsLine> stages;
  for (const StaleDetail &detail : result.stale)
    stages.emplace_back()
        .addName("name", "stage." + std::to_string(detail.stage))
        .add("cosine", detail.cosine)
        .add("distance", detail.distance);
  if (!stages.empty())
    line.add("stale", stages);
}

std::string roundingText(const StepResult &result) {
  if (!result.precision.roundings)
    return "";
  std::string text;
  auto tell = [&](const char *what, int64_t values, int64_t errors) {
    if (values + errors > 0)
      text += (text.empty() ? "" : ", ") + (what + (" " + std::to_string(values + errors)));
  };
  tell("saturated", result.precision.roundings->saturatedValues, result.precision.roundings->saturatedErrors);
  tell("underflowed", result.precision.roundings->underflowedValues, result.precision.roundings->underflowedErrors);
  return text;
}

std::string bubbleText(const StepResult &result) {
  if (result.stageBusy.empty())
    return "";
  auto percent = [](const std::vector<double> &busy) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.1f %%", 100 * bubbleOf(busy));
    return std::string(text);
  };
  std::string predicted =
      result.predictedStageBusy.empty() ? "" : " (predicted " + percent(result.predictedStageBusy) + ")";
  return "bubble " + percent(result.stageBusy) + predicted;
}

} // namespace sluice::runtime
