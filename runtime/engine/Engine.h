//===- Engine.h - Trains and runs a compiled program ------------*- C++ -*-===//
//
// The engine joins the pieces of a step: scalars that are computed for it, an executor of its actions on a device, what
// its numbers say, and the stop where they are not finite. It knows nothing of files: data come through a callback,
// tensors leave through pointers. Where gradients are late, or a device decides whether a step updates, the next step
// may begin before one has ended.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_ENGINE_ENGINE_H
#define SLUICE_RUNTIME_ENGINE_ENGINE_H

#include "runtime/Tensors.h"
#include "runtime/abi.h"
#include "runtime/engine/Device.h"
#include "runtime/engine/Executor.h"
#include "runtime/engine/FreshGradients.h"
#include "runtime/engine/LossScale.h"
#include "runtime/engine/PipelineState.h"
#include "runtime/engine/Scalars.h"
#include "runtime/engine/StaleExecutor.h"
#include "runtime/engine/StepMetrics.h"
#include "runtime/engine/StepSettings.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace sluice::runtime {

/// A step that has begun, where all steps are synchronous.
struct BegunStep {
  BegunStep(const sluice_binary &program, const StepSettings &settings, const Scalars &scalars, int64_t updates)
      : settings(settings), scalars(scalars), updates(updates), metrics(program), sums(program) {}

  const StepSettings settings;
  const Scalars scalars;
  const int64_t updates;   ///< Before it.
  bool isAskedFor = false; ///< Whether devices decide, and have been asked for all of it.
  MarkedActions marked;    ///< Of a step that they were asked for.
  StepMetrics metrics;
  StepSums sums;
};

/// One program with its parameters and its optimizer's state. One thread at a time may call it.
class Engine {
public:
  /// Runs on devices for all replicas, of one kind. `program` must outlive the engine and have passed checkProgram().
  Engine(const sluice_binary &program, Replicas replicas);
  /// Reserves all memory and starts the threads, `threads` for each device, of the kind that the program is for.
  Engine(const sluice_binary &program, unsigned threads);
  Engine(const Engine &) = delete;
  Engine &operator=(const Engine &) = delete;

  Scalars &scalars() { return values; }
  /// What the first replica runs on.
  std::string deviceName() const { return replicas.front()->name(); }
  sluice_pool &threads() { return replicas.front()->threads(); }
  /// Adds the time of every action of a step to the list of its device, until null is given. Between steps.
  void timeActions(std::vector<std::vector<ActionTime>> *byDevice);
  /// State of the training beside its tensors.
  LossScale &lossScale() { return scale; }
  /// What is under way between steps; null where all are synchronous.
  PipelineState *pipeline() { return underWay.get(); }

  /// Times every kernel in `train` steps from now on, on all stages and replicas; the sums, by their number in
  /// kernelsOf(), are what this returns the next time.
  std::vector<KernelTime> timeKernels(bool isTimed);

  /// Sets every parameter to its initial value: a function of seed, parameter name and element index alone.
  void initializeParameters(uint64_t seed);

  /// Views of all parameters as they are now, in the order of the table. The memory is the engine's; who writes to it
  /// says so by tensorsChanged().
  std::vector<TensorView> parameterTensors() const;

  /// Views of the optimizer's state, named PARAMETER.STATE ("wte.weight.exp_avg").
  std::vector<TensorView> stateTensors() const;

  /// Gives devices, and other stages and replicas what has been written to the views of parameters and state.
  void tensorsChanged();

  /// Runs one training step. Where a loss or a gradient is not finite, no parameter and no state changes, on any stage
  /// or replica: the step is skipped if the loss scale may follow it, or else this is a RunError. A scale that follows
  /// gradients takes those that a format saturated for ones that overflowed. Where gradients are late, stages that have
  /// updated in the step before another one's gradient was not finite stay so. Where a device decides, steps that were
  /// under way behind one that stops have not updated either, and are under way no more.
  StepResult trainStep(const StepSettings &settings, const LoadFunction &load);

  /// The same in two halves: steps begin and end in their order. So many may be under way at once. Between two steps of
  /// which the first has ended and the second has not begun, and there alone, parameters and state may be looked at.
  int stepsUnderWay() const;
  void beginStep(const StepSettings &settings, const LoadFunction &load);
  StepResult endStep();

  /// Mean loss of graph `eval`, in nats a token, over the targets that are not -1; both hold batch x sequence elements.
  /// Error if the program has no such graph.
  double evaluate(const int32_t *tokens, const int32_t *targets);

  /// Scores of graph `logits` for the token that follows the last one of `window`, which holds 1 to sequence tokens:
  /// one a token of the vocabulary. Error if the program has no such graph.
  std::vector<double> logits(const std::vector<int32_t> &window);

private:
  /// What the result says about the gradients, which have been computed.
  StepResult gradientResult(const BegunStep &step) const;
  void checkDevices();
  void checkSkip(const BegunStep &step, const StepResult &result);
  bool mayDecide(const StepSettings &settings) const;
  void askFor(BegunStep &step);
  StepResult endAskedFor(BegunStep &step);
  StepResult updateByHost(BegunStep &step);
  StepResult endBegunStep();
  StepResult endStaleStep();
  double largestNorm(const StepSettings &settings) const;
  void readSums(StepSums &sums) const;
  void writeNarrowCopies();
  char *fetched(const sluice_parameter &parameter) const;
  std::vector<char> copyParameters() const;
  void run(const sluice_graph &graph);
  std::vector<double> resultOf(const sluice_graph &graph, int64_t count);

  const sluice_binary &program;
  Scalars values;
  LossScale scale;
  Replicas replicas;
  Actions actions;
  Executor executor;
  std::unique_ptr<StaleExecutor> stale;    ///< Null where all steps are synchronous.
  std::unique_ptr<PipelineState> underWay; ///< The same.
  mutable bool statesAreShown = false;     ///< Whether somebody may have written to views of the optimizer's state.
  std::deque<std::unique_ptr<BegunStep>> begun; ///< Under way, where steps are synchronous.
  std::vector<char> before;                     ///< The parameters before a step that describes the layers.
  std::unique_ptr<FreshGradients> fresh;        ///< Of such a step, where gradients are late.
  std::vector<std::vector<ActionTime>> *actionTimes = nullptr;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_ENGINE_ENGINE_H
