//===- Verbs.cpp - What the verbs of the command line do ------------------===//

#include "CommandLine.h"
#include "Error.h"
#include "Evaluate.h"
#include "MetricsLog.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace sluice::runtime {

static constexpr double kMebibyte = 1 << 20;

void CommandLine::run() {
  const CLI::App *verb = parser.get_subcommands().front();
  if (verb->get_name() == "train")
    runTrain();
  else if (verb->get_name() == "eval")
    runEval();
  else if (verb->get_name() == "generate")
    runGenerate();
  else if (verb->get_name() == "export")
    runExport();
  else if (verb->get_name() == "bench")
    runBench();
  else
    runInfo();
}

void CommandLine::applyScalars(Scalars &scalars) const {
  for (const auto &[name, value] : scalarFlags) {
    if (!value)
      continue;
    if (!scalars.has(name))
      throw Error(scalarFlagNames.at(name) + ": this program's optimizer, " + program.optimizer + ", has no " + name);
    scalars.setByUser(name, *value);
  }
  for (const std::string &set : sets) {
    size_t equals = set.find('=');
    if (equals == std::string::npos || equals == 0)
      throw Error("--set: expected NAME=VALUE, got '" + set + "'");
    std::string name = set.substr(0, equals), text = set.substr(equals + 1);
    std::replace(name.begin(), name.end(), '-', '_');
    char *end = nullptr;
    double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0')
      throw Error("--set " + name + ": '" + text + "' is not a number");
    if (auto flag = scalarFlags.find(name); flag != scalarFlags.end() && flag->second)
      throw Error("--set " + name + " and " + scalarFlagNames.at(name) + " set the same scalar");
    scalars.setByUser(name, value);
  }
}

std::unique_ptr<Engine> CommandLine::makeEngine() const {
  auto engine = std::make_unique<Engine>(program, threads);
  applyScalars(engine->scalars());
  return engine;
}

/// Error unless a file of that name could be written: the reason is then told before the run and not after it.
static void checkWritable(const char *flag, const std::string &path) {
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty())
    folder = ".";
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored))
    throw Error(std::string(flag) + ": " + folder.string() + " is not a folder");
  if (std::filesystem::is_directory(path, ignored))
    throw Error(std::string(flag) + ": " + path + " is a folder");
}

static void checkFolder(const char *flag, const std::string &path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_directory(path, ignored))
    throw Error(std::string(flag) + ": " + path + " is not a folder");
}

void CommandLine::runTrain() {
  training.data = TokenStream::splitPaths(data);
  if (!validationData.empty()) {
    if (validationFraction)
      throw Error("--val-data and --val-fraction exclude each other");
    training.validationData = TokenStream::splitPaths(validationData);
  }
  if (training.checkpointEvery > 0 && training.checkpointFolder.empty())
    throw Error("--checkpoint-every needs --checkpoint-dir");
  if (training.logDetail > 0 && log.empty())
    throw Error("--log-detail needs --log");
  if (!log.empty())
    checkWritable("--log", log);
  if (!training.checkpointFolder.empty())
    checkFolder("--checkpoint-dir", training.checkpointFolder);
  training.validationFraction = validationFraction;
  training.learningRate.shape = parseLearningRateShape(shape);
  if (!order.empty())
    training.order = parseDataOrder(order);
  training.seed = seed;
  training.initSeed = initSeed;
  training.dataSeed = dataSeed;
  training.gateSeed = gateSeed;
  training.gradientClip = gradientClip;
  training.weights = weights;
  training.log = log;
  training.learningRate.check();
  if (adamwLearningRate && !hasAdamWBeside())
    throw Error(std::string("--adamw-lr: this program's optimizer, ") + program.optimizer + ", has no AdamW beside it");
  training.adamwLearningRate = adamwLearningRate.value_or(training.adamwLearningRate);

  std::unique_ptr<Engine> engine = makeEngine();
  if (!training.quiet) {
    std::printf("%s: %lld parameters, peak memory %.1f MiB, threads: %u\n", program.model,
                static_cast<long long>(parameterElements(program)),
                static_cast<double>(planMemory(program, threads).total()) / kMebibyte, threads);
    std::fflush(stdout);
  }
  train(*engine, program, training);
}

void CommandLine::runEval() {
  TokenStream stream(TokenStream::splitPaths(data), program.vocabulary);
  checkTokens(stream);
  ValidationWindows windows(wholeStream(stream), program.batch, program.sequence);
  if (!log.empty())
    checkWritable("--log", log);
  std::unique_ptr<Engine> engine = makeEngine();
  std::optional<CheckpointIndex> index = loadFrom(*engine, program, weights, seedOfWeights());
  Evaluation evaluation = *evaluateWindows(*engine, program, windows);
  MetricsLine line(index ? index->step : 0);
  line.add("val_loss", evaluation.loss).add("tokens", evaluation.tokens);
  std::fputs(line.text().c_str(), stdout);
  if (!log.empty())
    MetricsLog(log).write(line);
}

/// Numbers with commas between them.
static std::vector<int32_t> parseTokens(const std::string &list) {
  std::vector<int32_t> tokens;
  for (size_t begin = 0; begin <= list.size();) {
    size_t end = std::min(list.find(',', begin), list.size());
    std::string text = list.substr(begin, end - begin);
    bool isNumber = !text.empty() && text.size() <= 9 && text.find_first_not_of("0123456789") == std::string::npos;
    if (!isNumber)
      throw Error("--prompt-tokens: '" + text + "' is not a token");
    tokens.push_back(static_cast<int32_t>(std::strtol(text.c_str(), nullptr, 10)));
    begin = end + 1;
  }
  return tokens;
}

void CommandLine::runGenerate() {
  constexpr int64_t kByteVocabulary = 256;
  if (prompt.empty() && promptTokens.empty())
    throw Error("generate needs --prompt or --prompt-tokens, not empty");
  generation.asText = !prompt.empty() || program.vocabulary == kByteVocabulary;
  generation.prompt =
      prompt.empty() ? parseTokens(promptTokens)
                     : std::vector<int32_t>(reinterpret_cast<const unsigned char *>(prompt.data()),
                                            reinterpret_cast<const unsigned char *>(prompt.data()) + prompt.size());
  generation.seed = seed.value_or(0);
  std::unique_ptr<Engine> engine = makeEngine();
  loadFrom(*engine, program, weights, seedOfWeights());
  generate(*engine, program, generation, stdout);
}

void CommandLine::runExport() {
  checkFolder("--out", outFolder);
  std::unique_ptr<Engine> engine = makeEngine();
  loadFrom(*engine, program, weights, seedOfWeights());
  exportModel(*engine, program, outFolder);
}

static nlohmann::ordered_json describe(const sluice_scalar &scalar) {
  nlohmann::ordered_json value = scalar.value;
  if (std::isnan(scalar.value))
    value = defaultText(scalar);
  return {{"value", value}, {"range", rangeText(scalar)}, {"help", scalar.help}};
}

/// The techniques that rewrote the graph, as texts.
static nlohmann::ordered_json describeTechniques() {
  auto list = nlohmann::ordered_json::array();
  for (const char *const *technique = sluice_techniques; technique && *technique; ++technique)
    list.push_back(*technique);
  return list;
}

static nlohmann::ordered_json describe(const sluice_binary &program, unsigned threads) {
  MemoryPlan plan = planMemory(program, threads);
  double tokens = static_cast<double>(program.batch * program.sequence * program.micro_batches);
  nlohmann::ordered_json scalars = nlohmann::ordered_json::object();
  for (uint32_t i = 0; i < program.scalar_count; ++i)
    if (!Scalars::isComputed(program.scalars[i].name))
      scalars[program.scalars[i].name] = describe(program.scalars[i]);
  return {{"model", program.model},
          {"parameters", parameterElements(program)},
          {"flops_per_step", program.flops_per_token * tokens},
          {"peak_memory_bytes", plan.total()},
          {"memory_bytes",
           {{"parameters", plan.parameters},
            {"slots", plan.slots},
            {"scratch", plan.scratch},
            {"thread_scratch", plan.threadScratch},
            {"inputs", plan.inputs}}},
          {"threads", threads},
          {"batch", program.batch},
          {"sequence", program.sequence},
          {"micro_batches", program.micro_batches},
          {"vocabulary", program.vocabulary},
          {"optimizer", program.optimizer},
          {"grad_clip", program.grad_clip},
          {"compute", program.compute},
          {"techniques", describeTechniques()},
          {"processor", program.processor},
          {"features", program.features},
          {"scalars", scalars}};
}

void CommandLine::runInfo() const {
  nlohmann::ordered_json description = describe(program, threads);
  if (json) {
    std::printf("%s\n", description.dump().c_str());
    return;
  }
  auto number = [&](const char *key) { return description[key].get<long long>(); };
  std::printf("model          %s\n", program.model);
  std::printf("parameters     %lld\n", number("parameters"));
  std::printf("FLOPs a step   %.6g\n", description["flops_per_step"].get<double>());
  std::printf("peak memory    %lld bytes (%.1f MiB), threads: %u\n", number("peak_memory_bytes"),
              static_cast<double>(number("peak_memory_bytes")) / kMebibyte, threads);
  for (const auto &[part, bytes] : description["memory_bytes"].items())
    std::printf("  %-14s %lld bytes\n", part.c_str(), bytes.get<long long>());
  std::printf("batch          %lld sequences, %lld micro-batches a step\n", number("batch"), number("micro_batches"));
  std::printf("sequence       %lld tokens\n", number("sequence"));
  std::printf("vocabulary     %lld tokens\n", number("vocabulary"));
  std::printf("optimizer      %s, gradient clipped at %g (0: not)\n", program.optimizer, program.grad_clip);
  std::printf("compute        %s: operands of contractions\n", program.compute);
  for (const auto &technique : description["techniques"])
    std::printf("technique      %s\n", technique.get<std::string>().c_str());
  std::printf("processor      %s (%s)\n", program.processor, program.features);
  for (uint32_t i = 0; i < program.scalar_count; ++i)
    if (const sluice_scalar &scalar = program.scalars[i]; !Scalars::isComputed(scalar.name))
      std::printf("scalar         %s = %s in %s: %s\n", scalar.name, defaultText(scalar).c_str(),
                  rangeText(scalar).c_str(), scalar.help);
}

void CommandLine::runBench() {
  std::unique_ptr<Engine> engine = makeEngine();
  BenchResult result = bench(*engine, program, benchmark);
  std::string text = benchmark.json ? toJson(result, program, threads) + "\n" : toText(result, program, threads);
  std::fputs(text.c_str(), stdout);
}

} // namespace sluice::runtime
