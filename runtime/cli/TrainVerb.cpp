//===- TrainVerb.cpp - The verb train -------------------------------------===//

#include "runtime/Error.h"
#include "runtime/Output.h"
#include "runtime/cli/Description.h"
#include "runtime/cli/EngineFlags.h"
#include "runtime/cli/Flags.h"
#include "runtime/cli/Verb.h"
#include "runtime/engine/MakeReplicas.h"
#include "runtime/engine/Program.h"
#include "runtime/train/Train.h"

#include <optional>
#include <set>

namespace sluice::runtime {

namespace {

class TrainVerb : public Verb {
public:
  explicit TrainVerb(const sluice_binary &program)
      : program(program), engineFlags(program), described(readDescription(program)) {
    // A default like any other: a flag overwrites it.
    options.optimizer = described.optimizer;
  }

  CLI::App &declare(CLI::App &parser) override;
  void run() override;

private:
  void declareData(CLI::App &verb);
  void declareSchedule(CLI::App &verb);
  void declareOptimizer(CLI::App &verb);
  void declareSeeds(CLI::App &verb);
  void declareOutput(CLI::App &verb);

  /// Names without hyphens.
  std::set<std::string> givenFlags() const;
  /// Error if a flag is missing that nothing else says.
  void checkNeeded() const;
  /// Error if the log is asked for what the program does not measure, or what no log takes.
  void checkAccumulationFlag() const;
  /// Prints what is about to be done.
  void announce(const ResumedRun *resumed) const;

  /// Whether AdamW updates what another optimizer is not for.
  bool hasAdamWBeside() const { return Scalars(program).has("adamw_learning_rate"); }

  const sluice_binary &program;
  EngineFlags engineFlags;
  TrainOptions options;
  DescribedTraining described;
  const CLI::App *parsed = nullptr;
  CLI::Option *adamwFlag = nullptr, *shapeFlag = nullptr, *synchronousFlag = nullptr, *accumulationFlag = nullptr;
};

} // namespace

CLI::App &TrainVerb::declare(CLI::App &parser) {
  CLI::App &verb = *parser.add_subcommand("train", "Train the model");
  parsed = &verb;
  declareData(verb);
  declareSchedule(verb);
  declareOptimizer(verb);
  declareSeeds(verb);
  engineFlags.declareSet(verb);
  addWeights(verb, options.weights);
  declareOutput(verb);
  engineFlags.declareThreads(verb);
  engineFlags.declareSynchronous(verb);
  verb.add_flag("--quiet", options.quiet, "Print nothing but errors (default: off)");
  verb.add_flag("--dry-run", options.isDryRun,
                "Check flags and input, and stop before the first step; write nothing (default: off)");
  return verb;
}

void TrainVerb::declareData(CLI::App &verb) {
  DataOptions &data = options.data;
  verb.add_option("--data", data.files, dataHelp("Training data (needed, unless --resume says it)"))
      ->type_name("FILE[,FILE]");
  int64_t &steps = options.optimizer.learningRate.steps;
  std::string stepsDefault =
      described.hasSteps ? " (default " + std::to_string(steps) + ")" : " (needed, unless --resume says it)";
  verb.add_option("--steps", steps, "Optimizer steps of the whole run" + stepsDefault)
      ->check(positive())
      ->type_name("N");
  verb.add_option("--val-data", data.validationFiles, "Validation data (default: the last part of --data)")
      ->type_name("FILE[,FILE]");
  addOptional(verb, "--val-fraction", data.validationFraction,
              "Part of --data, its end, that is kept for validation if there is no --val-data; 0: none (default 0.1, "
              "and 0 with --data-order=sequential)")
      ->check(fraction())
      ->type_name("X");
  verb.add_option(
          "--eval-every", options.evalEvery,
          "Steps between evaluations on a sample of the validation data; 0: only the final one, which is on all "
          "of them (default 0)")
      ->check(count())
      ->type_name("N");
  verb.add_option("--eval-batches", options.evalBatches, "Batches of such a sample (default 20)")
      ->check(positive())
      ->type_name("N");
  verb.add_option_function<std::string>(
          "--data-order", [&data](const std::string &name) { data.order = parseDataOrder(name); },
          "random or sequential (default random, or the checkpoint's)")
      ->check(CLI::IsMember({"random", "sequential"}))
      ->type_name("ORDER");
}

void TrainVerb::declareSchedule(CLI::App &verb) {
  OptimizerOptions &optimizer = options.optimizer;
  LearningRateSchedule &schedule = optimizer.learningRate;
  verb.add_option("--lr", schedule.peak, "Peak learning rate (default " + numberText(schedule.peak) + ")")
      ->check(notNegative())
      ->type_name("X");
  adamwFlag = verb.add_option("--adamw-lr", optimizer.adamwPeak,
                              "Peak learning rate of AdamW beside Muon, with the same schedule" +
                                  std::string(hasAdamWBeside() ? " (default " + numberText(optimizer.adamwPeak) + ")"
                                                               : " (not used by this program)"));
  adamwFlag->check(notNegative())->type_name("X");
  shapeFlag = verb.add_option_function<std::string>(
      "--lr-schedule", [&schedule](const std::string &name) { schedule.shape = parseLearningRateShape(name); },
      "cosine, linear, constant or wsd (warm-up, stable, decay) (default " + described.shape + ")");
  shapeFlag->check(CLI::IsMember({"cosine", "linear", "constant", "wsd"}))->type_name("NAME");
  verb.add_option("--warmup", schedule.warmup,
                  "Steps of linear warm-up (default " + std::to_string(schedule.warmup) + ")")
      ->check(count())
      ->type_name("N");
  synchronousFlag =
      verb.add_option("--warmup-synchronous", options.synchronousWarmup,
                      "First steps that are synchronous, a number or a share of the run (25%), before gradients are "
                      "late" +
                          std::string(mostDelay(program) > 0 ? " (default 0)" : " (not used by this program)"));
  synchronousFlag->type_name("STEPS");
  verb.add_option("--min-lr", schedule.minimum,
                  "Learning rate of the last step (default " + numberText(schedule.minimum) + ")")
      ->check(notNegative())
      ->type_name("X");
}

void TrainVerb::declareOptimizer(CLI::App &verb) {
  // Of all optimizers, whichever the program has: --help then says which it does not use.
  engineFlags.declareScalar(verb, "--weight-decay", "weight_decay",
                            "Decoupled weight decay a step, times the learning rate");
  engineFlags.declareScalar(verb, "--beta1", "beta1", "Decay of AdamW's first moment a step");
  engineFlags.declareScalar(verb, "--beta2", "beta2", "Decay of AdamW's second moment a step");
  engineFlags.declareScalar(verb, "--eps", "epsilon", "AdamW's addend to the root of the second moment");
  engineFlags.declareScalar(verb, "--momentum", "momentum", "Decay of the momentum of SGD or Muon a step");
  addOptional(verb, "--grad-clip", options.optimizer.gradientClip,
              "Largest global norm of the gradient; 0: no clipping (default " + numberText(program.grad_clip) + ")")
      ->check(notNegative())
      ->type_name("X");
}

void TrainVerb::declareSeeds(CLI::App &verb) {
  Seeds &seeds = options.seeds;
  addSeed(verb, "--seed", seeds.run, "Seed of the random numbers of a run (default 0, or the checkpoint's)");
  addSeed(verb, "--init-seed", seeds.init, "Seed of the initial weights (default: --seed)");
  addSeed(verb, "--data-seed", seeds.data, "Seed of the order of the data (default: --seed)");
  addSeed(verb, "--gate-seed", seeds.gate, "Seed of the gates that drop layers (default: --seed)");
}

void TrainVerb::declareOutput(CLI::App &verb) {
  verb.add_option("--checkpoint-dir", options.checkpointFolder,
                  "Write a checkpoint to this folder at the end and on SIGINT, SIGTERM or SIGHUP (default: that of "
                  "--resume, or none)")
      ->type_name("FOLDER");
  verb.add_option("--checkpoint-every", options.checkpointEvery,
                  "Steps between further checkpoints; 0: none (default 0)")
      ->check(count())
      ->type_name("N");
  verb.add_option("--log", options.log,
                  "Write a line of JSON a step to this file; a resumed run goes on with it, less the steps that it "
                  "makes again (default: none)")
      ->type_name("FILE");
  verb.add_option(
          "--tensorboard", options.tensorBoard,
          "Write the numbers of the log to a new event file in this folder, for TensorBoard; a resumed run adds "
          "a file (default: none)")
      ->type_name("FOLDER");
  verb.add_option("--trace", options.trace,
                  "Write when each stage did what to this file, as JSON for Perfetto and Chrome; a resumed run needs "
                  "--overwrite to replace it (default: none)")
      ->type_name("FILE");
  verb.add_flag("--overwrite", options.overwrites,
                "Replace the checkpoint and the log that another run has left, and in TensorBoard its events (default: "
                "they are refused)");
  accumulationFlag = verb.add_option("--log-accumulation-every", options.logAccumulation,
                                     "Steps between lines of the log with `accumulation_error`; 0: none" +
                                         std::string(findMetric(program, SLUICE_METRIC_ACCUMULATION_ERROR)
                                                         ? " (default " + std::to_string(options.logAccumulation) + ")"
                                                         : " (not used by this program)"));
  accumulationFlag->check(count())->type_name("N");
  verb.add_option(
          "--log-detail", options.logDetail,
          "Steps between lines of the log that describe every layer: gradient norm, update over weight, gates and "
          "statistics; where gradients are late also how far each stage's is from the fresh one, by one more "
          "sequential step; 0: none (default 0)")
      ->check(count())
      ->type_name("N");
}

std::set<std::string> TrainVerb::givenFlags() const {
  std::set<std::string> given;
  for (const CLI::Option *option : parsed->get_options())
    if (!option->empty())
      given.insert(option->get_single_name());
  return given;
}

void TrainVerb::checkNeeded() const {
  if (!options.weights.resume.empty())
    return;
  if (options.data.files.empty())
    throw Error("--data is required");
  if (!described.hasSteps && !givenFlags().count("steps"))
    throw Error("--steps is required");
}

void TrainVerb::checkAccumulationFlag() const {
  if (accumulationFlag->empty())
    return;
  if (!findMetric(program, SLUICE_METRIC_ACCUMULATION_ERROR))
    throw Error("--log-accumulation-every: this program was compiled without sluicec's --log-accumulation");
  if (options.logAccumulation > 0 && options.log.empty() && options.tensorBoard.empty())
    throw Error("--log-accumulation-every needs --log or --tensorboard");
}

void TrainVerb::announce(const ResumedRun *resumed) const {
  std::string text =
      std::string(program.model) + ": " + std::to_string(parameterElements(program)) + " parameters, peak memory " +
      mebibytes(planDevices(program, engineFlags.threads()).total()) +
      (runsOnCards(program) ? " of the GPU\n" : ", threads: " + std::to_string(engineFlags.threads()) + "\n");
  if (resumed) {
    text += "resumes " + options.weights.resume + " at step " + std::to_string(resumed->index.step) + " of " +
            std::to_string(options.optimizer.learningRate.steps);
    std::string taken;
    for (const std::string &setting : resumed->settings.taken)
      taken += " " + setting;
    text += (taken.empty() ? "" : ", with the run's" + taken) + "\n";
    for (const std::string &change : resumed->settings.changes)
      text += change + "\n";
  }
  if (int64_t steps = options.optimizer.learningRate.steps; options.synchronousSteps() > steps)
    text += "warning: --warmup-synchronous=" + options.synchronousWarmup +
            " is longer than the run: no gradient of its " + std::to_string(steps) + " steps is late\n";
  // Before the first step, which may take long, and which is not made for nobody.
  printOut(text);
}

void TrainVerb::run() {
  // Here and not before: a description that another hand has changed must not keep the other verbs from running.
  if (shapeFlag->empty())
    options.optimizer.learningRate.shape = parseLearningRateShape(described.shape);
  options.weights.isQuiet = options.quiet;
  if (!adamwFlag->empty() && !hasAdamWBeside())
    throw Error(std::string("--adamw-lr: this program's optimizer, ") + program.optimizer + ", has no AdamW beside it");
  if (!synchronousFlag->empty() && mostDelay(program) == 0)
    throw Error("--warmup-synchronous: all steps of this program are synchronous, its schedule is " +
                std::string(program.schedule));
  checkAccumulationFlag();
  checkNeeded();
  std::optional<ResumedRun> resumed;
  if (!options.weights.resume.empty())
    resumed = resumeRun(program, options, givenFlags());
  options.check();
  // After all that can be refused without it: an engine takes memory and starts threads.
  std::unique_ptr<Engine> engine = engineFlags.makeEngine(MemoryUse::Training);
  if (resumed) {
    loadResumed(*engine, program, options, givenFlags(), *resumed);
    ResumedSettings scalars =
        resumeScalars(program, engine->scalars(), resumed->index.scalars, engineFlags.givenScalars());
    resumed->settings.add(scalars);
  }
  if (!options.quiet)
    announce(resumed ? &*resumed : nullptr);
  train(*engine, program, options, resumed ? &*resumed : nullptr);
}

std::unique_ptr<Verb> makeTrainVerb(const sluice_binary &program) { return std::make_unique<TrainVerb>(program); }

} // namespace sluice::runtime
