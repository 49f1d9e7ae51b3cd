//===- StepMetrics.h - What a step tells of itself --------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_ENGINE_STEPMETRICS_H
#define SLUICE_RUNTIME_ENGINE_STEPMETRICS_H

#include "runtime/abi.h"
#include "runtime/engine/Device.h"
#include "runtime/engine/LayerDetail.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace sluice::runtime {

/// Elements that rounding to a format changed most: they were too large for it, or became zero. Counts of a step, over
/// all micro-batches, stages and replicas.
struct RoundingCounts {
  int64_t saturatedValues = 0, underflowedValues = 0; ///< Of weights and activations, each time that they are rounded.
  int64_t saturatedErrors = 0, underflowedErrors = 0; ///< Of gradients of the loss, which carry its scale.
};

/// What a step loses to few bits.
struct StepPrecision {
  std::optional<RoundingCounts> roundings; ///< None where nothing is rounded to a format.
  /// sqrt(sum (s - e)^2 / sum e^2) over sampled sums s of products of one contraction, which are e in f64; none where
  /// the step did not measure it, or dropped its layer.
  std::optional<double> accumulationError;
};

/// How the late gradient that a stage applied compares with the fresh one (FreshGradients).
struct StaleDetail {
  int32_t stage;
  double cosine;   ///< Of the angle between them.
  double distance; ///< Norm of their difference over that of the fresh one.
};

/// Why a step updated nothing.
enum class Skip { None, NonFinite, Saturated };

struct StepResult {
  double loss = 0;         ///< Mean over the micro-batches, nats a token: the metric "loss" if there is one.
  double gradientNorm = 0; ///< Global norm before clipping.
  std::optional<double> unclippedGradientNorm; ///< Of the losses whose gradient is not clipped.
  std::vector<MetricValue> metrics;            ///< Of the whole graph, other than "loss".
  std::optional<double> layersKept;            ///< Mean over the micro-batches; none where no layer can be dropped.
  std::vector<double> stageBusy; ///< By device: the part of the step that it computed. Empty where there is one alone.
  std::vector<double> predictedStageBusy; ///< The same as simulated. Empty where that is not known, too.
  std::optional<double> lossScale;        ///< That the gradient carried; none where it does not change.
  StepPrecision precision;
  Skip skip = Skip::None;
  double flops = 0;                ///< Model FLOPs of the step, less what closed gates saved.
  std::vector<LayerDetail> layers; ///< If asked for.
  std::vector<StaleDetail> stale;  ///< The same, where gradients are late.
};

/// Reads what a step leaves in memory, and sums over its micro-batches.
class StepMetrics {
public:
  /// `program` must outlive the metrics and have passed checkProgram().
  explicit StepMetrics(const sluice_binary &program);

  /// Reads what a micro-batch leaves in the frame of a stage, which is that of number `inMemory` there; it is known
  /// behind Device::finish(). Several threads may read different micro-batches and stages at once.
  void read(int32_t stage, int32_t microBatch, Device &memory, int64_t inMemory);

  /// The same where backward of the stage comes in a later step than forward: behind forward what describes the whole
  /// graph, so that it is of the micro-batches whose loss the step tells, and the other behind backward, so that it is
  /// of those whose gradients the step applies.
  void readForward(int32_t stage, int32_t microBatch, Device &memory, int64_t inMemory);
  void readBackward(int32_t stage, int32_t microBatch, Device &memory, int64_t inMemory);

  /// Sums over the micro-batches in their order, once all have been read.
  void add();

  /// The loss of a micro-batch that is differentiated.
  double lossOf(int32_t microBatch) const {
    return readElement(program.graphs[0].result.element, losses[microBatch].bytes, 0);
  }

  /// Counts of the step, after add(); none where the program has none.
  std::optional<RoundingCounts> roundings() const;
  /// Of a step that measured it.
  std::optional<double> accumulationError() const;

  /// By metric of the program, in the order of its table.
  const std::vector<MetricValue> &sums() const { return metrics; }

  /// Fills in the norms of the gradients, which carry the scale of the loss; the norms that are told do not.
  void setNorms(const StepSums &sums, double lossScale, StepResult &result) const;

  /// Fills in what is a mean or a sum over the micro-batches, after add().
  void summarize(const StepSums &sums, StepResult &result) const;

private:
  /// A float as it lies in memory.
  struct RawFloat {
    alignas(double) char bytes[sizeof(double)] = {};
  };
  void readMetric(size_t metric, int32_t stage, int32_t microBatch, Device &memory, int64_t inMemory);

  const sluice_binary &program;
  std::vector<RawFloat> losses;          ///< By micro-batch.
  std::vector<MetricValue> metrics;      ///< Sums over the micro-batches.
  std::vector<std::vector<char>> values; ///< By metric, micro-batch and element, as they lie in memory.
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_STEPMETRICS_H
