//===- Train.cpp - The training loop --------------------------------------===//

#include "runtime/train/Train.h"
#include "runtime/Error.h"
#include "runtime/engine/Program.h"
#include "runtime/train/Evaluate.h"
#include "runtime/train/MetricsLog.h"
#include "runtime/train/Progress.h"
#include "runtime/train/StopSignals.h"
#include "runtime/train/TrainingData.h"

#include <chrono>
#include <memory>

namespace sluice::runtime {

namespace {

/// One run of the loop. The constructor checks all input; run() is the first to write.
class Trainer {
public:
  Trainer(Engine &engine, const sluice_binary &program, const TrainOptions &options);
  void run();

private:
  void restore();
  StepResult runStep(int64_t step);
  void logStep(int64_t step, const StepResult &result, double seconds, const std::optional<Evaluation> &evaluation);
  void evaluateAtEnd(int64_t stepsDone);
  void save(int64_t stepsDone);

  /// Of a step.
  int64_t tokens() const { return program.batch * program.sequence * program.micro_batches; }

  Engine &engine;
  const sluice_binary &program;
  TrainOptions options; ///< With what a checkpoint says of the seeds and the order.
  DataOrder order = DataOrder::Random;
  int64_t firstStep = 0, lastSaved = -1;
  std::unique_ptr<TrainingData> data;
  std::unique_ptr<MetricsLog> log;
  std::unique_ptr<Progress> progress;
};

} // namespace

static const char *nameOf(DataOrder order) { return order == DataOrder::Random ? "random" : "sequential"; }

Trainer::Trainer(Engine &engine, const sluice_binary &program, const TrainOptions &given)
    : engine(engine), program(program), options(given) {
  restore();
  data = std::make_unique<TrainingData>(program, options.data, order, options.seeds.ofData());
  if (!data->validation() && options.evalEvery > 0)
    throw Error("--eval-every needs validation data: --val-data, or a --val-fraction above 0");
  if (data->validation() && !findGraph(program, "eval"))
    throw Error("this program was compiled without an eval graph: --val-fraction=0 turns validation off");
}

void Trainer::restore() {
  const std::string &folder = options.weights.resume;
  if (folder.empty()) {
    order = options.data.order.value_or(DataOrder::Random);
    loadFrom(engine, program, options.weights, options.seeds);
    return;
  }
  // What can be refused by the index is, before any tensor is read.
  CheckpointIndex index = readCheckpointIndex(folder);
  if (int64_t steps = options.optimizer.learningRate.steps; index.step > steps)
    throw Error(folder + ": the checkpoint is of step " + std::to_string(index.step) +
                ", beyond --steps=" + std::to_string(steps));
  order = parseDataOrder(index.dataOrder);
  if (options.data.order && *options.data.order != order)
    throw Error(std::string("--data-order=") + nameOf(*options.data.order) +
                " contradicts the checkpoint, which was made with " + index.dataOrder);
  options.seeds.resume(index.seeds);
  loadCheckpoint(folder, index, engine.parameterTensors(), engine.stateTensors());
  firstStep = index.step;
}

/// A number where the tensor is one, else a list.
static void addMetric(MetricsLine &line, const MetricValue &metric) {
  if (metric.metric->result.rank == 0)
    line.add(metric.metric->name, metric.values.front());
  else
    line.add(metric.metric->name, metric.values);
}

/// What a line of the log says of a step.
static void addResult(MetricsLine &line, const StepResult &result) {
  line.add("loss", result.loss);
  for (const MetricValue &metric : result.metrics)
    addMetric(line, metric);
  line.add("grad_norm", result.gradientNorm);
  if (result.unclippedGradientNorm)
    line.add("unclipped_grad_norm", *result.unclippedGradientNorm);
  if (result.layersKept)
    line.add("layers_kept", *result.layersKept);
  line.add("flops", result.flops);
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
}

void Trainer::run() {
  StopSignals signals;
  if (!options.log.empty())
    log = std::make_unique<MetricsLog>(options.log, firstStep);
  int64_t steps = options.optimizer.learningRate.steps;
  progress =
      std::make_unique<Progress>(stdout, options.quiet ? ProgressMode::Quiet : ProgressMode::Auto, firstStep, steps);
  int64_t done = firstStep;
  for (; done < steps && !StopSignals::areRequested(); ++done) {
    // Before the step, so that both losses of a line of the log are of the same weights.
    bool evaluates = options.evalEvery > 0 && done > 0 && done % options.evalEvery == 0;
    std::optional<Evaluation> evaluation;
    if (evaluates)
      evaluation =
          evaluateWindows(engine, program, *data->validation(), options.evalBatches, StopSignals::areRequested);
    auto start = std::chrono::steady_clock::now();
    StepResult result = runStep(done);
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (log)
      logStep(done, result, seconds, evaluation);
    if (evaluation)
      progress->message("step " + std::to_string(done) + ": validation loss " + std::to_string(evaluation->loss) +
                        " (sample of " + std::to_string(evaluation->tokens) + " tokens)");
    progress->update(done + 1, result.loss, tokens());
    if (options.checkpointEvery > 0 && (done + 1) % options.checkpointEvery == 0)
      save(done + 1);
  }
  // Before the last evaluation: whatever happens in it, the training is safe.
  save(done);
  progress->finish();
  if (StopSignals::areRequested())
    progress->message("stopped after step " + std::to_string(done) +
                      (options.checkpointFolder.empty() ? "" : ", checkpoint written to " + options.checkpointFolder));
  else if (data->validation())
    evaluateAtEnd(done);
}

StepResult Trainer::runStep(int64_t step) {
  StepSettings settings;
  settings.optimizer = options.optimizer;
  settings.seeds = options.seeds;
  settings.step = step;
  settings.detail = options.logDetail > 0 && step % options.logDetail == 0;
  return engine.trainStep(settings, [&](int64_t microBatch, int32_t *tokens, int32_t *targets) {
    data->batches().fill(step, microBatch, tokens, targets);
  });
}

void Trainer::logStep(int64_t step, const StepResult &result, double seconds,
                      const std::optional<Evaluation> &evaluation) {
  MetricsLine line(step);
  addResult(line, result);
  line.add("lr", options.optimizer.learningRate.at(step));
  line.add("ms", seconds * 1e3).add("tokens_per_s", static_cast<double>(tokens()) / seconds);
  if (evaluation)
    line.add("val_loss", evaluation->loss);
  log->write(line);
}

void Trainer::evaluateAtEnd(int64_t stepsDone) {
  std::optional<Evaluation> evaluation = evaluateWindows(
      engine, program, *data->validation(), std::numeric_limits<int64_t>::max(), StopSignals::areRequested);
  if (!evaluation)
    return; // stopped by a signal: the checkpoint is written
  if (log)
    log->write(MetricsLine(stepsDone).add("val_loss", evaluation->loss));
  progress->message("validation loss " + std::to_string(evaluation->loss) + " over " +
                    std::to_string(evaluation->tokens) + " tokens");
}

void Trainer::save(int64_t stepsDone) {
  // The last step may also be one of every so many.
  if (options.checkpointFolder.empty() || stepsDone == lastSaved)
    return;
  CheckpointIndex index;
  index.step = stepsDone;
  index.model = program.model;
  index.seeds = options.seeds.byUse();
  index.dataOrder = nameOf(order);
  index.dataFiles = TokenStream::splitPaths(options.data.files);
  index.dataPosition = stepsDone * tokens();
  saveCheckpoint(options.checkpointFolder, index, engine.parameterTensors(), engine.stateTensors());
  lastSaved = stepsDone;
}

void train(Engine &engine, const sluice_binary &program, const TrainOptions &options) {
  Trainer(engine, program, options).run();
}

} // namespace sluice::runtime
