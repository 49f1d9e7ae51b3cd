//===- Train.cpp - The training loop --------------------------------------===//

#include "runtime/train/Train.h"
#include "runtime/Error.h"
#include "runtime/Files.h"
#include "runtime/checkpoint/FolderLock.h"
#include "runtime/engine/Program.h"
#include "runtime/train/Evaluate.h"
#include "runtime/train/Identity.h"
#include "runtime/train/MetricsLog.h"
#include "runtime/train/Progress.h"
#include "runtime/train/StepLog.h"
#include "runtime/train/StepTrace.h"
#include "runtime/train/StopSignals.h"
#include "runtime/train/TensorBoard.h"
#include "runtime/train/TrainingData.h"
#include "runtime/train/UnderWay.h"

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

namespace sluice::runtime {

namespace {

/// One run of the loop. The constructor checks all input; run() is the first to write.
class Trainer {
public:
  Trainer(Engine &engine, const sluice_binary &program, const TrainOptions &options, const ResumedRun *resumed);
  void run();

private:
  void openData(const CheckpointIndex *index);
  void announce();
  void loop();
  void doStep();
  void beginSteps();
  void beginStep();
  void endSteps();
  bool waitsForAll(int64_t step) const;
  std::optional<Evaluation> evaluateSample();
  void resumeLossScale(const CheckpointIndex &resumed);
  void tellLossScale(int64_t step, const StepResult &result);
  void openMetrics();
  void logStep(const StepResult &result, double seconds, const std::optional<Evaluation> &evaluation);
  void finish();
  void evaluateAtEnd();
  void save();
  void saveAfter(const std::exception &failure);

  bool isEvaluated(int64_t step) const { return options.evalEvery > 0 && step > 0 && step % options.evalEvery == 0; }
  bool isSaved(int64_t step) const {
    return options.checkpointEvery > 0 && step > 0 && step % options.checkpointEvery == 0;
  }
  bool isDetailed(int64_t step) const { return options.logDetail > 0 && step % options.logDetail == 0; }
  int64_t steps() const { return options.optimizer.learningRate.steps; }
  /// Of a step.
  int64_t tokens() const { return program.batch * program.sequence * program.micro_batches; }

  Engine &engine;
  const sluice_binary &program;
  const TrainOptions &options;
  CheckpointIndex index; ///< Of the next checkpoint; its step is the number of steps done.
  int64_t firstStep = 0, lastSaved = -1;
  int64_t begun = 0;                           ///< The next step to begin.
  std::chrono::steady_clock::time_point ended; ///< When the last step did, or the next began if that was later.
  const bool isLocked;                         ///< Whether the run that is resumed holds the lock of its folder.
  std::unique_ptr<TrainingData> data;
  std::unique_ptr<FolderLock> lock;
  std::vector<std::unique_ptr<MetricsSink>> metrics; ///< What takes lines: the log, event files.
  std::unique_ptr<StepTrace> trace;
  std::unique_ptr<Progress> progress;
};

} // namespace

Trainer::Trainer(Engine &engine, const sluice_binary &program, const TrainOptions &options, const ResumedRun *resumed)
    : engine(engine), program(program), options(options), isLocked(resumed && resumed->lock) {
  openData(resumed ? &resumed->index : nullptr);
  if (!data->validation() && options.evalEvery > 0)
    throw Error("--eval-every needs validation data: --val-data, or a --val-fraction above 0");
  if (data->validation() && !findGraph(program, "eval"))
    throw Error("this program was compiled without an eval graph: --val-fraction=0 turns validation off");
  if (resumed) {
    firstStep = resumed->index.step;
    index.loss = resumed->index.loss;
    // What is there already is not saved again; elsewhere there is nothing yet.
    if (isSameFile(options.weights.resume, options.checkpointFolder))
      lastSaved = firstStep;
  } else {
    startPipeline(engine, options);
    loadFrom(engine, program, options.weights, options.seeds);
  }
  index.step = begun = firstStep;
  index.model = identityOf(program);
  index.seeds = options.seeds.byUse();
  index.settings = settingsOf(program, options);
  index.scalars = scalarsOf(program, engine.scalars());
  index.program = compiledSettings(program);
  // Its scalar is from here on that of the next step, and no longer where the scale began.
  if (resumed)
    resumeLossScale(resumed->index);
}

void Trainer::resumeLossScale(const CheckpointIndex &resumed) {
  LossScaleState state = resumed.lossScale;
  // Where it begins elsewhere, by a flag or in another program, it begins anew.
  auto start = resumed.scalars.find(kLossScale);
  if (start == resumed.scalars.end() || start->second != index.scalars[kLossScale]) {
    state = engine.lossScale().state();
    state.skips = resumed.lossScale.skips;
  }
  engine.lossScale().resume(state);
}

void Trainer::openData(const CheckpointIndex *resumed) {
  DataOrder order = options.data.order.value_or(DataOrder::Random);
  data = std::make_unique<TrainingData>(program, options.data, order, options.seeds.ofData(),
                                        resumed ? positionOf(*resumed) : DataPosition());
  if (resumed && resumed->data.tokens != data->tokens())
    throw Error("--data: expected the " + std::to_string(resumed->data.tokens) + " tokens of the run, found " +
                std::to_string(data->tokens()));
  index.data.order = nameOf(order);
  index.data.files = identitiesOf(TokenStream::splitPaths(options.data.files));
  if (!options.data.validationFiles.empty())
    index.data.validationFiles = identitiesOf(TokenStream::splitPaths(options.data.validationFiles));
  index.data.tokens = data->tokens();
}

void Trainer::run() {
  StopSignals signals;
  if (!options.checkpointFolder.empty() && !isLocked)
    lock = std::make_unique<FolderLock>(options.checkpointFolder);
  openMetrics();
  progress =
      std::make_unique<Progress>(stdout, options.quiet ? ProgressMode::Quiet : ProgressMode::Auto, firstStep, steps());
  announce();
  try {
    loop();
  } catch (const Error &failure) {
    // Input that was good when the run began: a file has changed since.
    saveAfter(failure);
    throw RunError(failure.what());
  } catch (const OutputError &failure) {
    saveAfter(failure);
    throw;
  }
  finish();
}

void Trainer::openMetrics() {
  if (!options.log.empty())
    metrics.push_back(std::make_unique<MetricsLog>(options.log, firstStep, index.loss, options.overwrites));
  if (!options.tensorBoard.empty())
    metrics.push_back(std::make_unique<EventFile>(options.tensorBoard, firstStep));
  if (!options.trace.empty())
    trace = std::make_unique<StepTrace>(options.trace, program, engine);
}

void Trainer::announce() {
  for (const std::string &line : data->describe())
    progress->message(line);
  if (options.checkpointFolder.empty()) {
    progress->message("nothing will be saved: no --checkpoint-dir");
    return;
  }
  std::string every =
      options.checkpointEvery > 0 ? "every " + std::to_string(options.checkpointEvery) + " steps and " : "";
  progress->message("saves checkpoints to " + options.checkpointFolder + " " + every + "at the end");
}

void Trainer::loop() {
  while (index.step < steps() && (begun > index.step || !StopSignals::areRequested())) {
    doStep();
    // A terminal that was closed and a reader that is gone ask a run to stop; for a full disk it goes on.
    if (progress->failure() == EIO)
      StopSignals::request(SIGHUP);
    if (progress->failure() == EPIPE)
      StopSignals::request(SIGPIPE);
    if (isSaved(index.step))
      save();
  }
}

void Trainer::doStep() {
  // Before the step, so that both losses of a line of the log are of the same weights.
  std::optional<Evaluation> evaluation = evaluateSample();
  beginSteps();
  StepResult result = engine.endStep();
  auto now = std::chrono::steady_clock::now();
  double seconds = std::chrono::duration<double>(now - ended).count();
  ended = now;
  int64_t step = index.step++;
  index.loss = result.loss;
  if (trace)
    trace->add(step);
  logStep(result, seconds, evaluation);
  tellLossScale(step, result);
  if (evaluation)
    progress->message("step " + std::to_string(step) + ": validation loss " + std::to_string(evaluation->loss) +
                      " (sample of " + std::to_string(evaluation->tokens) + " tokens)");
  std::string bubble = bubbleText(result), roundings = roundingText(result);
  progress->update(index.step, result.loss, tokens(),
                   bubble + (bubble.empty() || roundings.empty() ? "" : "  ") + roundings);
}

/// Begins the step at hand and, where steps may be under way together, those behind it up to one that waits for all.
void Trainer::beginSteps() {
  if (begun == index.step) {
    ended = std::chrono::steady_clock::now();
    beginStep();
  }
  while (begun < steps() && begun < index.step + engine.stepsUnderWay() && !waitsForAll(begun) &&
         !StopSignals::areRequested())
    beginStep();
}

/// Whether parameters are looked at before the step.
bool Trainer::waitsForAll(int64_t step) const {
  return isEvaluated(step) || isSaved(step) || isDetailed(step) || isDetailed(step - 1);
}

/// Why the step was skipped; empty where it was not.
static std::string skipText(const StepResult &result) {
  switch (result.skip) {
  case Skip::None:
    return "";
  case Skip::NonFinite:
    return "the loss or the gradient is not finite: skipped, ";
  case Skip::Saturated:
    return "gradients exceed the format that they are rounded to (elements: " +
           std::to_string(result.precision.roundings->saturatedErrors) + "): skipped, ";
  }
  return "";
}

void Trainer::tellLossScale(int64_t step, const StepResult &result) {
  LossScaleState now = engine.lossScale().state();
  if (!result.lossScale || now.scale == *result.lossScale)
    return;
  std::string change = "loss scale " + scaleText(*result.lossScale) + " -> " + scaleText(now.scale);
  progress->message("step " + std::to_string(step) + ": " + skipText(result) + change);
}

std::optional<Evaluation> Trainer::evaluateSample() {
  // Steps that have begun are ones before which nothing is looked at.
  if (!isEvaluated(index.step))
    return std::nullopt;
  return evaluateWindows(engine, program, *data->validation(), options.evalBatches, StopSignals::areRequested);
}

void Trainer::beginStep() {
  StepSettings settings;
  settings.optimizer = options.optimizer;
  settings.seeds = options.seeds;
  settings.step = begun;
  settings.detail = isDetailed(settings.step);
  settings.measuresAccumulation =
      !metrics.empty() && options.logAccumulation > 0 && settings.step % options.logAccumulation == 0;
  engine.beginStep(settings, [this, step = settings.step](int64_t microBatch, int32_t *tokens, int32_t *targets) {
    data->batches().fill(step, microBatch, tokens, targets);
  });
  ++begun;
}

/// Ends the steps that have begun, so that parameters are those of one step.
void Trainer::endSteps() {
  for (; index.step < begun; ++index.step)
    index.loss = engine.endStep().loss;
}

void Trainer::logStep(const StepResult &result, double seconds, const std::optional<Evaluation> &evaluation) {
  int64_t step = index.step - 1;
  MetricsLine line(step);
  addResult(line, result);
  line.add("lr", options.optimizer.learningRate.at(step));
  line.add("ms", seconds * 1e3).add("tokens_per_s", static_cast<double>(tokens()) / seconds);
  if (evaluation)
    line.add("val_loss", evaluation->loss);
  for (const auto &sink : metrics)
    sink->write(line);
}

void Trainer::finish() {
  // Before the last evaluation: whatever happens in it, the training is safe.
  save();
  progress->finish();
  if (trace)
    trace->finish();
  if (!StopSignals::areRequested() && data->validation())
    evaluateAtEnd();
  if (int signal = StopSignals::requested()) {
    progress->message("stopped after step " + std::to_string(index.step) +
                      (options.checkpointFolder.empty() ? "" : ", checkpoint written to " + options.checkpointFolder));
    throw Stopped{signal};
  }
  if (int failure = progress->failure())
    throw OutputError(std::string("cannot write to the standard output: ") + std::strerror(failure));
}

void Trainer::evaluateAtEnd() {
  std::optional<Evaluation> evaluation;
  try {
    evaluation = evaluateWindows(engine, program, *data->validation(), std::numeric_limits<int64_t>::max(),
                                 StopSignals::areRequested);
  } catch (const Error &failure) {
    throw RunError(failure.what()); // as in the loop; the checkpoint is written
  }
  if (!evaluation)
    return; // stopped by a signal
  for (const auto &sink : metrics)
    sink->write(MetricsLine(index.step).add("val_loss", evaluation->loss));
  progress->message("validation loss " + std::to_string(evaluation->loss) + " over " +
                    std::to_string(evaluation->tokens) + " tokens");
  checkFinite(*evaluation, engine);
}

void Trainer::save() {
  // The last step may also be one of every so many.
  if (options.checkpointFolder.empty() || index.step == lastSaved)
    return;
  DataPosition position = data->batches().positionAfter(index.step);
  index.data.position = position.token;
  index.data.samples = position.samples;
  index.data.drawnRows = position.rows;
  index.data.drawnMicroBatches = position.microBatches;
  index.lossScale = engine.lossScale().state();
  std::vector<TensorView> pipeline = tensorsUnderWay(engine, program, index);
  saveCheckpoint(options.checkpointFolder, index, engine.parameterTensors(), engine.stateTensors(), pipeline);
  lastSaved = index.step;
}

void Trainer::saveAfter(const std::exception &failure) {
  try {
    endSteps();
    save();
  } catch (const RunError &second) {
    throw RunError(std::string(failure.what()) + "; and the checkpoint of step " + std::to_string(index.step) +
                   " failed: " + second.what());
  }
}

void train(Engine &engine, const sluice_binary &program, const TrainOptions &options, const ResumedRun *resumed) {
  Trainer trainer(engine, program, options, resumed);
  if (!options.isDryRun)
    trainer.run();
}

} // namespace sluice::runtime
