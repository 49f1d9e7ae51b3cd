//===- CommandLine.cpp - Verbs and flags of a compiled binary -------------===//

#include "runtime/cli/CommandLine.h"
#include "runtime/Error.h"
#include "runtime/cpu/Processor.h"
#include "runtime/engine/StepScalars.h"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace sluice::runtime {

/// Most threads that make sense anywhere; keeps a slip of the finger from asking for a million.
static constexpr uint64_t kMostThreads = 4096;

/// Default for programs whose optimizer is Muon.
static constexpr double kMuonLearningRate = 0.02;

/// A value in [least, below).
static CLI::Validator within(double least, double below, const std::string &meaning) {
  return CLI::Validator(
      [=](std::string &text) {
        char *end = nullptr;
        double value = std::strtod(text.c_str(), &end);
        bool holds = end != text.c_str() && *end == '\0' && value >= least && value < below;
        return holds ? std::string() : "'" + text + "' is not " + meaning;
      },
      "");
}

/// A whole number in [least, 2^63). Checked on the text, because CLI11 takes a number that does not fit for the
/// largest.
static CLI::Validator wholeNumber(uint64_t least, uint64_t most = INT64_MAX) {
  return CLI::Validator(
      [=](std::string &text) {
        errno = 0;
        uint64_t value = std::strtoull(text.c_str(), nullptr, 10);
        bool isNumber = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos && errno == 0;
        return isNumber && value >= least && value <= most ? std::string()
                                                           : "'" + text + "' is not a whole number from " +
                                                                 std::to_string(least) + " to " + std::to_string(most);
      },
      "");
}

static CLI::Validator count() { return wholeNumber(0); }
static CLI::Validator positive() { return wholeNumber(1); }
static CLI::Validator seedValue() { return wholeNumber(0, UINT64_MAX); }
static CLI::Validator notNegative() { return within(0, HUGE_VAL, "a number of at least 0"); }
static CLI::Validator fraction() { return within(0, 1, "a number from 0 to below 1"); }

/// Adds a flag whose value goes to an optional.
template <typename Value>
static CLI::Option *addOptional(CLI::App &verb, const std::string &flag, std::optional<Value> &into,
                                const std::string &help) {
  return verb.add_option_function<Value>(flag, [&into](const Value &value) { into = value; }, help);
}

CommandLine::CommandLine(const sluice_binary &program)
    : program(program),
      parser("Trains, evaluates and samples the model '" + std::string(program.model) + "' (compiled by Sluice)"),
      threads(availableProcessors()) {
  parser.require_subcommand(1);
  readDescription();
  addTrain();
  addEval();
  addGenerate();
  addExport();
  addInfo();
  addBench();
}

void CommandLine::readDescription() {
  // Sizes may be expressions there; the compiler has used those up, what a run needs are plain numbers.
  nlohmann::json description = nlohmann::json::parse(program.description, nullptr, /*allow_exceptions=*/false);
  nlohmann::json block = nlohmann::json::object();
  if (description.is_object() && description["training"].is_object())
    block = description["training"];
  LearningRateSchedule &schedule = training.learningRate;
  auto read = [&](const char *key, auto &into) {
    auto found = block.find(key);
    bool given = found != block.end() && found->is_number();
    if (given)
      found->get_to(into);
    return given;
  };
  bool isMuon = std::strcmp(program.optimizer, "muon") == 0;
  bool isForMuon = isMuon && block["optimizer"].is_object() && block["optimizer"]["type"] == "muon";
  if (isForMuon)
    schedule.peak = kMuonLearningRate;
  bool hasPeak = read("lr", schedule.peak);
  read("min_lr", schedule.minimum);
  if (isMuon && !isForMuon) {
    // What was described for another optimizer is for AdamW beside Muon.
    if (hasPeak)
      training.adamwLearningRate = schedule.peak;
    schedule = schedule.scaledTo(kMuonLearningRate);
  }
  read("adamw_lr", training.adamwLearningRate);
  read("warmup", schedule.warmup);
  describesSteps = read("steps", schedule.steps);
  if (auto name = block.find("lr_schedule"); name != block.end() && name->is_string())
    shape = *name;
}

void CommandLine::addThreads(CLI::App &verb) {
  verb.add_option("--threads", threads,
                  "Threads; results do not depend on it (default: processors available, here " +
                      std::to_string(threads) + ")")
      ->check(wholeNumber(1, kMostThreads))
      ->type_name("N");
}

void CommandLine::addWeights(CLI::App &verb) {
  CLI::Option *init = verb.add_option(
      "--init", weights.init, "Take the weights from this .safetensors file (default: draw them by --init-seed)");
  init->type_name("FILE");
  verb.add_option("--resume", weights.resume, "Take them from the checkpoint in this folder (default: none)")
      ->type_name("FOLDER")
      ->excludes(init);
}

void CommandLine::addSet(CLI::App &verb) {
  std::string help = "Set a run-time scalar; may be repeated. Scalars:";
  for (uint32_t i = 0; i < program.scalar_count; ++i) {
    const sluice_scalar &scalar = program.scalars[i];
    if (!isComputedScalar(scalar.name))
      help += std::string(" ") + scalar.name + " (" + scalar.help + "; in " + rangeText(scalar) + ", default " +
              defaultText(scalar) + ")";
  }
  verb.add_option("--set", sets, help)->type_name("NAME=VALUE")->expected(1)->take_all()->allow_extra_args(false);
}

void CommandLine::addScalarFlag(CLI::App &verb, const std::string &flag, const std::string &scalar,
                                const std::string &help) {
  scalarFlagNames[scalar] = flag;
  Scalars defaults(program);
  addOptional(verb, flag, scalarFlags[scalar],
              help + (defaults.has(scalar) ? " (default " + numberText(defaults.get(scalar)) + ")"
                                           : " (not used by this program)"))
      ->type_name("X");
}

void CommandLine::addTrain() {
  CLI::App &verb = *parser.add_subcommand("train", "Train the model");
  verb.add_option("--data", data, "Training data, joined: text, a token a byte, or .bin, 16-bit tokens")
      ->required()
      ->type_name("FILE[,FILE]");
  std::string described = describesSteps ? " (default " + std::to_string(training.learningRate.steps) + ")" : "";
  verb.add_option("--steps", training.learningRate.steps, "Optimizer steps of the whole run" + described)
      ->required(!describesSteps)
      ->check(positive())
      ->type_name("N");
  verb.add_option("--val-data", validationData, "Validation data (default: the last part of --data)")
      ->type_name("FILE[,FILE]");
  addOptional(verb, "--val-fraction", validationFraction,
              "Part of --data, its end, that is kept for validation if there is no --val-data; 0: none (default 0.1, "
              "and 0 with --data-order=sequential)")
      ->check(fraction())
      ->type_name("X");
  verb.add_option(
          "--eval-every", training.evalEvery,
          "Steps between evaluations on a sample of the validation data; 0: only the final one, which is on all "
          "of them (default 0)")
      ->check(count())
      ->type_name("N");
  verb.add_option("--eval-batches", training.evalBatches, "Batches of such a sample (default 20)")
      ->check(positive())
      ->type_name("N");
  verb.add_option("--data-order", order, "random or sequential (default random, or the checkpoint's)")
      ->check(CLI::IsMember({"random", "sequential"}))
      ->type_name("ORDER");
  addScheduleFlags(verb);
  addOptimizerFlags(verb);
  addSeedFlags(verb);
  addSet(verb);
  addWeights(verb);
  verb.add_option("--checkpoint-dir", training.checkpointFolder,
                  "Write a checkpoint to this folder at the end and on SIGINT or SIGTERM (default: none)")
      ->type_name("FOLDER");
  verb.add_option("--checkpoint-every", training.checkpointEvery,
                  "Steps between further checkpoints; 0: none (default 0)")
      ->check(count())
      ->type_name("N");
  verb.add_option("--log", log, "Write a line of JSON a step to this file (default: none)")->type_name("FILE");
  verb.add_option(
          "--log-detail", training.logDetail,
          "Steps between lines of the log that describe every layer: gradient norm, update over weight, gates and "
          "statistics; 0: none (default 0)")
      ->check(count())
      ->type_name("N");
  addThreads(verb);
  verb.add_flag("--quiet", training.quiet, "Print nothing but errors (default: off)");
}

void CommandLine::addScheduleFlags(CLI::App &verb) {
  LearningRateSchedule &schedule = training.learningRate;
  verb.add_option("--lr", schedule.peak, "Peak learning rate (default " + numberText(schedule.peak) + ")")
      ->check(notNegative())
      ->type_name("X");
  addOptional(verb, "--adamw-lr", adamwLearningRate,
              "Peak learning rate of AdamW beside Muon, with the same schedule" +
                  std::string(hasAdamWBeside() ? " (default " + numberText(training.adamwLearningRate) + ")"
                                               : " (not used by this program)"))
      ->check(notNegative())
      ->type_name("X");
  verb.add_option("--lr-schedule", shape,
                  "cosine, linear, constant or wsd (warm-up, stable, decay) (default " + shape + ")")
      ->check(CLI::IsMember({"cosine", "linear", "constant", "wsd"}))
      ->type_name("NAME");
  verb.add_option("--warmup", schedule.warmup,
                  "Steps of linear warm-up (default " + std::to_string(schedule.warmup) + ")")
      ->check(count())
      ->type_name("N");
  verb.add_option("--min-lr", schedule.minimum,
                  "Learning rate of the last step (default " + numberText(schedule.minimum) + ")")
      ->check(notNegative())
      ->type_name("X");
}

void CommandLine::addOptimizerFlags(CLI::App &verb) {
  addScalarFlag(verb, "--weight-decay", "weight_decay", "Decoupled weight decay a step, times the learning rate");
  addScalarFlag(verb, "--beta1", "beta1", "Decay of AdamW's first moment a step");
  addScalarFlag(verb, "--beta2", "beta2", "Decay of AdamW's second moment a step");
  addScalarFlag(verb, "--eps", "epsilon", "AdamW's addend to the root of the second moment");
  addScalarFlag(verb, "--momentum", "momentum", "Decay of the momentum of SGD or Muon a step");
  addOptional(verb, "--grad-clip", gradientClip,
              "Largest global norm of the gradient; 0: no clipping (default " + numberText(program.grad_clip) + ")")
      ->check(notNegative())
      ->type_name("X");
}

void CommandLine::addSeedFlags(CLI::App &verb) {
  addOptional(verb, "--seed", seed, "Seed of the random numbers of a run (default 0, or the checkpoint's)")
      ->check(seedValue())
      ->type_name("S");
  addOptional(verb, "--init-seed", initSeed, "Seed of the initial weights (default: --seed)")
      ->check(seedValue())
      ->type_name("S");
  addOptional(verb, "--data-seed", dataSeed, "Seed of the order of the data (default: --seed)")
      ->check(seedValue())
      ->type_name("S");
  addOptional(verb, "--gate-seed", gateSeed, "Seed of the gates that drop layers (default: --seed)")
      ->check(seedValue())
      ->type_name("S");
}

void CommandLine::addEval() {
  CLI::App &verb = *parser.add_subcommand("eval", "Print the mean loss over all of the data, in nats a token");
  verb.add_option("--data", data, "Data, joined: text, a token a byte, or .bin, 16-bit tokens")
      ->required()
      ->type_name("FILE[,FILE]");
  addWeights(verb);
  addOptional(verb, "--init-seed", initSeed, "Seed of drawn weights (default 0)")->check(seedValue())->type_name("S");
  addSet(verb);
  verb.add_option("--log", log, "Write the line to this file too (default: none)")->type_name("FILE");
  addThreads(verb);
}

void CommandLine::addGenerate() {
  CLI::App &verb = *parser.add_subcommand("generate", "Print a prompt and the model's continuation of it");
  CLI::Option *text = verb.add_option("--prompt", prompt, "Text, a token a byte");
  text->type_name("TEXT");
  verb.add_option("--prompt-tokens", promptTokens, "Tokens, as numbers with commas between them")
      ->type_name("N[,N...]")
      ->excludes(text);
  verb.add_option("--tokens", generation.tokens, "Tokens to generate (default 256)")->check(count())->type_name("N");
  verb.add_option("--temperature", generation.temperature,
                  "Divides the scores before a token is drawn; 0: always the likeliest token (default 1)")
      ->check(notNegative())
      ->type_name("X");
  verb.add_option("--top-k", generation.topK, "Draw among the N likeliest tokens; 0: among all (default 0)")
      ->check(count())
      ->type_name("N");
  addOptional(verb, "--seed", seed, "Seed of what is drawn (default 0)")->check(seedValue())->type_name("S");
  addOptional(verb, "--init-seed", initSeed, "Seed of drawn weights (default: --seed)")
      ->check(seedValue())
      ->type_name("S");
  addWeights(verb);
  addSet(verb);
  addThreads(verb);
}

void CommandLine::addExport() {
  CLI::App &verb =
      *parser.add_subcommand("export", "Write the weights as model.safetensors, with the model's config.json");
  verb.add_option("--out", outFolder, "Folder to write to, made where it is missing")->required()->type_name("FOLDER");
  addWeights(verb);
  addOptional(verb, "--init-seed", initSeed, "Seed of drawn weights (default 0)")->check(seedValue())->type_name("S");
  addThreads(verb);
}

void CommandLine::addInfo() {
  CLI::App &verb = *parser.add_subcommand("info", "Print what the binary was compiled for and what it needs");
  verb.add_flag("--json", json, "As one JSON object (default: as text)");
  addThreads(verb);
}

void CommandLine::addBench() {
  CLI::App &verb = *parser.add_subcommand(
      "bench", "Time the training step on random tokens, and every kernel of it (also: --bench)");
  verb.add_option("--warmup", benchmark.warmup, "Steps that are not timed, before all others (default 3)")
      ->check(count())
      ->type_name("N");
  verb.add_option("--steps", benchmark.steps, "Steps that are timed, and as many again kernel by kernel (default 10)")
      ->check(positive())
      ->type_name("N");
  verb.add_flag("--json", benchmark.json, "As one JSON object (default: as text)");
  addSet(verb);
  addThreads(verb);
}

} // namespace sluice::runtime
