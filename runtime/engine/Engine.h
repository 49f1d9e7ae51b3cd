//===- Engine.h - Runs a compiled program's functions -----------*- C++ -*-===//
//
// The engine owns the memory that generated code works on (parameters, slots, scratch, inputs) and interprets the
// program's table of actions. It knows nothing of files: data come through a callback, tensors leave through pointers.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_ENGINE_ENGINE_H
#define SLUICE_RUNTIME_ENGINE_ENGINE_H

#include "runtime/abi.h"
#include "runtime/cpu/Memory.h"
#include "runtime/cpu/Pool.h"
#include "runtime/engine/LayerDetail.h"
#include "runtime/engine/Program.h"
#include "runtime/engine/Scalars.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sluice::runtime {

/// Fills tokens and targets (batch x sequence elements each) with a micro-batch of the step.
using LoadFunction = std::function<void(int64_t microBatch, int32_t *tokens, int32_t *targets)>;

/// What a step does beyond what the scalars say.
struct StepSettings {
  uint64_t step = 0;     ///< Optimizer steps done before this one.
  uint64_t steps = 0;    ///< Of the whole run.
  uint64_t seed = 0;     ///< Of the random numbers that the model itself draws, gates apart.
  uint64_t gateSeed = 0; ///< Of its gates.
  double learningRate = 0;
  double adamwLearningRate = 0; ///< Of AdamW beside another optimizer.
  double gradientClip = 0;      ///< Largest global norm of the gradient; 0: no clipping.
  bool detail = false;          ///< Whether to describe the layers; costs a copy of the parameters.
};

struct StepResult {
  double loss = 0;         ///< Mean over the micro-batches, nats a token: the metric "loss" if there is one.
  double gradientNorm = 0; ///< Global norm before clipping.
  std::optional<double> unclippedGradientNorm; ///< Of the losses whose gradient is not clipped.
  std::vector<MetricValue> metrics;            ///< Of the whole graph, other than "loss".
  std::optional<double> layersKept;            ///< Mean over the micro-batches; none where no layer can be dropped.
  double flops = 0;                            ///< Model FLOPs of the step, less what closed gates saved.
  std::vector<LayerDetail> layers;             ///< If asked for.
};

class Engine {
public:
  /// Reserves all memory and starts the threads. `program` must outlive the engine and have passed checkProgram().
  Engine(const sluice_binary &program, unsigned threads);

  Scalars &scalars() { return values; }
  sluice_pool &threads() { return pool; }

  /// Sets every parameter to its initial value: a function of seed, parameter name and element index alone.
  void initializeParameters(uint64_t seed);

  /// Views of all parameters, in the order of the table.
  std::vector<TensorView> parameterTensors() const;

  /// Views of the optimizer's state, named PARAMETER.STATE ("wte.weight.exp_avg").
  std::vector<TensorView> stateTensors() const;

  /// Runs one training step. RunError, with no parameter changed, if a loss or a gradient is not finite.
  StepResult trainStep(const StepSettings &settings, const LoadFunction &load);

  /// Mean loss of graph `eval` over the targets that are not -1; both hold batch x sequence elements.
  double evaluate(const int32_t *tokens, const int32_t *targets);

  /// Scores of graph `logits` for the token that follows the last one of `window`, which holds 1 to sequence tokens.
  std::vector<double> logits(const std::vector<int32_t> &window);

private:
  void setKeys(const StepSettings &settings, int32_t microBatch);
  void call(int32_t function);
  double callGraph(const sluice_graph &graph);
  int32_t *inputOf(int64_t microBatch, uint32_t input) const;
  void zeroGradients();
  /// Runs an action up to, but not including, the norm.
  void runAction(const sluice_action &action, const StepSettings &settings, const LoadFunction &load);
  /// The norm of gradients from their sums of squares, without the scale of the loss that they carry.
  double normAt(int64_t offset, double lossScale) const;
  void addMetrics();
  void describeStep(StepResult &result);
  void runMicroBatchActions(int32_t microBatch, const StepSettings &settings, const LoadFunction &load);
  [[noreturn]] void reportNonFinite(const StepSettings &settings, const LoadFunction &load);
  /// Names the first parameter whose gradient is not finite, and the element; empty if there is none.
  std::string findNonFiniteGradient() const;

  const sluice_binary &binary;
  const sluice_graph &train;
  Scalars values;
  Memory parameters, slots, scratch, inputs;
  sluice_pool pool;
  sluice_step step{};
  std::vector<int32_t> lastAction;  ///< By micro-batch: the forward or backward after which its loss is in the slots.
  std::vector<double> losses;       ///< By micro-batch.
  std::vector<MetricValue> metrics; ///< Sums over the micro-batches.
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_ENGINE_H
