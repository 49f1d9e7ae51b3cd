//===- Train.cpp - The training loop --------------------------------------===//

#include "runtime/train/Train.h"
#include "runtime/Error.h"
#include "runtime/engine/Program.h"
#include "runtime/train/Evaluate.h"
#include "runtime/train/MetricsLog.h"
#include "runtime/train/Progress.h"

#include <chrono>
#include <csignal>
#include <cstring>
#include <memory>

namespace sluice::runtime {

static volatile std::sig_atomic_t stopRequested = 0;

/// Turns SIGINT and SIGTERM into a request to stop; a second signal has its usual effect.
class SignalScope {
public:
  SignalScope() {
    stopRequested = 0;
    struct sigaction action;
    std::memset(&action, 0, sizeof(action));
    action.sa_handler = [](int) { stopRequested = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
    sigaction(SIGINT, &action, &previousInterrupt);
    sigaction(SIGTERM, &action, &previousTerminate);
  }
  ~SignalScope() {
    sigaction(SIGINT, &previousInterrupt, nullptr);
    sigaction(SIGTERM, &previousTerminate, nullptr);
  }

private:
  struct sigaction previousInterrupt, previousTerminate;
};

namespace {

/// One run of the loop. The constructor checks all input; run() is the first to write.
class Trainer {
public:
  Trainer(Engine &engine, const sluice_binary &program, const TrainOptions &options);
  void run();

private:
  void restore();
  void openData();
  StepResult runStep(int64_t step);
  void evaluateAtEnd(int64_t stepsDone);
  void save(int64_t stepsDone);

  Engine &engine;
  const sluice_binary &program;
  const TrainOptions &options;
  int64_t firstStep = 0, lastSaved = -1;
  DataOrder order = DataOrder::Random;
  uint64_t seed = 0, initSeed = 0, dataSeed = 0, gateSeed = 0;
  double gradientClip;
  std::unique_ptr<TokenStream> stream, validationStream;
  std::unique_ptr<BatchSource> batches;
  std::unique_ptr<ValidationWindows> windows;
  std::unique_ptr<MetricsLog> log;
  std::unique_ptr<Progress> progress;
};

} // namespace

static const char *nameOf(DataOrder order) { return order == DataOrder::Random ? "random" : "sequential"; }

/// A seed of a resumed run: the checkpoint's, which a flag may repeat but not contradict.
static uint64_t resumedSeed(const CheckpointIndex &index, const char *use, const char *flag,
                            const std::optional<uint64_t> &given) {
  auto found = index.seeds.find(use);
  if (found == index.seeds.end())
    throw Error("the checkpoint does not say the seed '" + std::string(use) + "'");
  if (given && *given != found->second)
    throw Error(std::string(flag) + "=" + std::to_string(*given) + " contradicts the checkpoint, which was made with " +
                std::to_string(found->second));
  return found->second;
}

Trainer::Trainer(Engine &engine, const sluice_binary &program, const TrainOptions &options)
    : engine(engine), program(program), options(options),
      gradientClip(options.gradientClip.value_or(program.grad_clip)) {
  options.learningRate.check();
  restore();
  openData();
}

void Trainer::restore() {
  const std::string &folder = options.weights.resume;
  if (folder.empty()) {
    order = options.order.value_or(DataOrder::Random);
    seed = options.seed.value_or(0);
    initSeed = options.initSeed.value_or(seed);
    dataSeed = options.dataSeed.value_or(seed);
    gateSeed = options.gateSeed.value_or(seed);
    loadFrom(engine, program, options.weights, initSeed);
    return;
  }
  CheckpointIndex index = readCheckpointIndex(folder);
  if (index.step > options.learningRate.steps)
    throw Error(folder + ": the checkpoint is of step " + std::to_string(index.step) +
                ", beyond --steps=" + std::to_string(options.learningRate.steps));
  order = parseDataOrder(index.dataOrder);
  if (options.order && *options.order != order)
    throw Error(std::string("--data-order=") + nameOf(*options.order) +
                " contradicts the checkpoint, which was made with " + index.dataOrder);
  seed = resumedSeed(index, "seed", "--seed", options.seed);
  initSeed = resumedSeed(index, "init", "--init-seed", options.initSeed);
  dataSeed = resumedSeed(index, "data", "--data-seed", options.dataSeed);
  gateSeed = resumedSeed(index, "gate", "--gate-seed", options.gateSeed);
  loadCheckpoint(folder, index, engine.parameterTensors(), engine.stateTensors());
  firstStep = index.step;
}

void Trainer::openData() {
  stream = std::make_unique<TokenStream>(options.data, program.vocabulary);
  checkTokens(*stream);
  Split training = wholeStream(*stream), validation{stream.get(), 0, 0};
  if (!options.validationData.empty()) {
    validationStream = std::make_unique<TokenStream>(options.validationData, program.vocabulary);
    checkTokens(*validationStream);
    validation = wholeStream(*validationStream);
  } else {
    // Who asks for the tokens in their order wants to reproduce a run on just these tokens.
    double fraction = options.validationFraction.value_or(order == DataOrder::Random ? 0.1 : 0.0);
    std::tie(training, validation) = splitTail(*stream, fraction);
  }
  batches =
      std::make_unique<BatchSource>(training, program.batch, program.sequence, program.micro_batches, order, dataSeed);
  if (validation.size() > 0)
    windows = std::make_unique<ValidationWindows>(validation, program.batch, program.sequence);
  else if (options.evalEvery > 0)
    throw Error("--eval-every needs validation data: --val-data, or a --val-fraction above 0");
  if (windows && !findGraph(program, "eval"))
    throw Error("this program was compiled without an eval graph: --val-fraction=0 turns validation off");
}

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
  SignalScope signals;
  if (!options.log.empty())
    log = std::make_unique<MetricsLog>(options.log, firstStep);
  int64_t steps = options.learningRate.steps;
  progress =
      std::make_unique<Progress>(stdout, options.quiet ? ProgressMode::Quiet : ProgressMode::Auto, firstStep, steps);
  int64_t done = firstStep;
  for (; done < steps && !stopRequested; ++done) {
    // Before the step, so that both losses of a line of the log are of the same weights.
    bool evaluates = options.evalEvery > 0 && done > 0 && done % options.evalEvery == 0;
    std::optional<Evaluation> evaluation;
    if (evaluates)
      evaluation = evaluateWindows(engine, program, *windows, options.evalBatches, [] { return stopRequested != 0; });
    auto start = std::chrono::steady_clock::now();
    StepResult result = runStep(done);
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    int64_t tokens = program.batch * program.sequence * program.micro_batches;
    if (log) {
      MetricsLine line(done);
      addResult(line, result);
      line.add("lr", options.learningRate.at(done));
      line.add("ms", seconds * 1e3).add("tokens_per_s", static_cast<double>(tokens) / seconds);
      if (evaluation)
        line.add("val_loss", evaluation->loss);
      log->write(line);
    }
    if (evaluation)
      progress->message("step " + std::to_string(done) + ": validation loss " + std::to_string(evaluation->loss) +
                        " (sample of " + std::to_string(evaluation->tokens) + " tokens)");
    progress->update(done + 1, result.loss, tokens);
    if (options.checkpointEvery > 0 && (done + 1) % options.checkpointEvery == 0)
      save(done + 1);
  }
  // Before the last evaluation: whatever happens in it, the training is safe.
  save(done);
  progress->finish();
  if (stopRequested)
    progress->message("stopped after step " + std::to_string(done) +
                      (options.checkpointFolder.empty() ? "" : ", checkpoint written to " + options.checkpointFolder));
  else if (windows)
    evaluateAtEnd(done);
}

StepResult Trainer::runStep(int64_t step) {
  StepSettings settings;
  settings.step = step;
  settings.detail = options.logDetail > 0 && step % options.logDetail == 0;
  settings.optimizer = {options.learningRate, options.adamwLearningRate, gradientClip};
  settings.seeds.run = seed;
  settings.seeds.gate = gateSeed;
  return engine.trainStep(settings, [&](int64_t microBatch, int32_t *tokens, int32_t *targets) {
    batches->fill(step, microBatch, tokens, targets);
  });
}

void Trainer::evaluateAtEnd(int64_t stepsDone) {
  std::optional<Evaluation> evaluation = evaluateWindows(engine, program, *windows, std::numeric_limits<int64_t>::max(),
                                                         [] { return stopRequested != 0; });
  if (!evaluation)
    return;
  if (log)
    log->write(MetricsLine(stepsDone).add("val_loss", evaluation->loss));
  progress->message("validation loss " + std::to_string(evaluation->loss) + " over " +
                    std::to_string(evaluation->tokens) + " tokens");
}

void Trainer::save(int64_t stepsDone) {
  if (options.checkpointFolder.empty() || stepsDone == lastSaved)
    return;
  CheckpointIndex index;
  index.step = stepsDone;
  index.model = program.model;
  index.seeds = {{"seed", seed}, {"init", initSeed}, {"data", dataSeed}, {"gate", gateSeed}};
  index.dataOrder = nameOf(order);
  index.dataFiles = options.data;
  index.dataPosition = stepsDone * program.batch * program.sequence * program.micro_batches;
  saveCheckpoint(options.checkpointFolder, index, engine.parameterTensors(), engine.stateTensors());
  lastSaved = stepsDone;
}

void train(Engine &engine, const sluice_binary &program, const TrainOptions &options) {
  Trainer(engine, program, options).run();
}

} // namespace sluice::runtime
