//===- LayerDetail.h - What a step did layer by layer -----------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_ENGINE_LAYERDETAIL_H
#define SLUICE_RUNTIME_ENGINE_LAYERDETAIL_H

#include "runtime/abi.h"
#include "runtime/engine/StepSums.h"

#include <string>
#include <vector>

namespace sluice::runtime {

/// A metric of the graph or of a layer.
struct MetricValue {
  const sluice_metric *metric;
  std::vector<double> values; ///< The elements of the tensor.
};

/// One layer in one step.
struct LayerDetail {
  std::string name;
  double kept = 1;                  ///< Share of the micro-batches, and of the layer's parts, that ran.
  double gradientNorm = 0;          ///< Of the layer's parameters, before clipping.
  double updateRatio = 0;           ///< Norm of the change of the parameters over their norm before it.
  std::vector<MetricValue> metrics; ///< Means over the micro-batches that ran; none where none did.
};

/// Share of the micro-batches of the step that each layer, with all its parts, ran in; 1 for a layer without gates.
std::vector<double> keptShares(const sluice_binary &program, const StepSums &sums);

/// Describes the step's layers. `before` and `after` are the parameters around the update, at their offsets in the
/// parameter block; `metrics` the sums over the micro-batches.
std::vector<LayerDetail> describeLayers(const sluice_binary &program, const char *before, const char *after,
                                        const StepSums &sums, const std::vector<MetricValue> &metrics);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_LAYERDETAIL_H
