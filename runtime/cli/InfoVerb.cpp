//===- InfoVerb.cpp - The verb info ---------------------------------------===//

#include "runtime/cli/EngineFlags.h"
#include "runtime/cli/Flags.h"
#include "runtime/cli/Verb.h"
#include "runtime/engine/LossScale.h"
#include "runtime/engine/MakeReplicas.h"
#include "runtime/engine/Program.h"
#include "runtime/engine/StepScalars.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace sluice::runtime {

namespace {

class InfoVerb : public Verb {
public:
  explicit InfoVerb(const sluice_binary &program) : program(program), engineFlags(program) {}

  CLI::App &declare(CLI::App &parser) override;
  void run() override;

private:
  const sluice_binary &program;
  EngineFlags engineFlags;
  bool json = false;
};

} // namespace

CLI::App &InfoVerb::declare(CLI::App &parser) {
  CLI::App &verb = *parser.add_subcommand("info", "Print what the binary was compiled for and what it needs");
  verb.add_flag("--json", json, "As one JSON object (default: as text)");
  engineFlags.declareThreads(verb);
  return verb;
}

static nlohmann::ordered_json describe(const sluice_scalar &scalar) {
  // JSON has no NaN.
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

/// What the log has of what is lost in rounding and in sums.
static nlohmann::ordered_json describeStatistics(const sluice_binary &program) {
  auto list = nlohmann::ordered_json::array();
  if (findMetric(program, SLUICE_METRIC_ROUNDED_VALUES) || findMetric(program, SLUICE_METRIC_ROUNDED_ERRORS))
    list.push_back("saturations and underflows of rounded operands");
  if (const sluice_metric *metric = findMetric(program, SLUICE_METRIC_ACCUMULATION_ERROR))
    list.push_back(std::string("error of sums of products with ") + metric->name);
  return list;
}

/// The parts that the model is divided into.
static nlohmann::ordered_json describeStages(const sluice_binary &program) {
  nlohmann::ordered_json stages = nlohmann::ordered_json::array();
  for (uint32_t i = 0; i < program.stage_count; ++i) {
    int64_t parameters = 0;
    for (uint32_t p = 0; p < program.parameter_count; ++p)
      if (program.parameters[p].stage == static_cast<int32_t>(i))
        parameters += elementCount(program.parameters[p].tensor);
    stages.push_back({{"layers", program.stages[i].layers},
                      {"parameters", parameters},
                      {"frames", program.stages[i].frames},
                      {"frame_bytes", program.stages[i].frame_bytes}});
  }
  return stages;
}

/// The bubble that the compiler simulated; null where it did not.
static nlohmann::ordered_json describeBubble(const sluice_binary &program) {
  std::vector<double> busy = predictedBusy(program);
  return busy.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(bubbleOf(busy));
}

static nlohmann::ordered_json describe(const sluice_binary &program, unsigned threads) {
  MemoryPlan plan = planDevices(program, threads);
  double tokens = static_cast<double>(program.batch * program.sequence * program.micro_batches);
  nlohmann::ordered_json scalars = nlohmann::ordered_json::object();
  for (uint32_t i = 0; i < program.scalar_count; ++i)
    if (!isComputedScalar(program.scalars[i].name))
      scalars[program.scalars[i].name] = describe(program.scalars[i]);
  return {{"model", program.model},
          {"parameters", parameterElements(program)},
          {"flops_per_step", program.flops_per_token * tokens},
          {"peak_memory_bytes", plan.total()},
          {"memory_bytes",
           {{"parameters", plan.parameters},
            {"weight_versions", plan.versions},
            {"persistent", plan.persistent},
            {"frames", plan.frames},
            {"gradient_buffers", plan.buffers},
            {"scratch", plan.scratch},
            {"thread_scratch", plan.threadScratch},
            {"inputs", plan.inputs}}},
          {"target", program.target},
          {"threads", threads},
          {"batch", program.batch},
          {"sequence", program.sequence},
          {"micro_batches", program.micro_batches},
          {"vocabulary", program.vocabulary},
          {"optimizer", program.optimizer},
          {"grad_clip", program.grad_clip},
          {"compute", program.compute},
          {"accumulation", program.accumulation},
          {"loss_scale", lossScaleText(program)},
          {"statistics", describeStatistics(program)},
          {"techniques", describeTechniques()},
          {"schedule", program.schedule},
          {"replicas", program.replicas},
          {"reduction_groups", program.reduction_groups},
          {"bubble_predicted", describeBubble(program)},
          {"stages", describeStages(program)},
          {"processor", program.processor},
          {"features", program.features},
          {"scalars", scalars}};
}

void InfoVerb::run() {
  unsigned threads = engineFlags.threads();
  // The text is made of the object, so that the two never say different things.
  nlohmann::ordered_json description = describe(program, threads);
  if (json) {
    std::printf("%s\n", description.dump().c_str());
    return;
  }
  auto number = [&](const char *key) { return description[key].get<long long>(); };
  std::printf("model          %s\n", program.model);
  std::printf("parameters     %lld\n", number("parameters"));
  std::printf("FLOPs a step   %.6g\n", description["flops_per_step"].get<double>());
  std::printf("peak memory    %lld bytes (%.1f MiB)", number("peak_memory_bytes"),
              static_cast<double>(number("peak_memory_bytes")) / kMebibyte);
  std::printf(runsOnCards(program) ? " of the GPU\n" : ", threads: %u\n", threads);
  for (const auto &[part, bytes] : description["memory_bytes"].items())
    std::printf("  %-14s %lld bytes\n", part.c_str(), bytes.get<long long>());
  std::printf("batch          %lld sequences, %lld micro-batches a step\n", number("batch"), number("micro_batches"));
  std::printf("sequence       %lld tokens\n", number("sequence"));
  std::printf("vocabulary     %lld tokens\n", number("vocabulary"));
  std::printf("optimizer      %s, gradient clipped at %g (0: not)\n", program.optimizer, program.grad_clip);
  std::printf("compute        %s: operands of contractions, summed in %s\n", program.compute, program.accumulation);
  std::printf("loss scale     %s\n", lossScaleText(program).c_str());
  for (const auto &statistic : description["statistics"])
    std::printf("statistics     %s\n", statistic.get<std::string>().c_str());
  for (const auto &technique : description["techniques"])
    std::printf("technique      %s\n", technique.get<std::string>().c_str());
  std::printf("schedule       %s, replicas: %d, reduction groups: %d\n", program.schedule, program.replicas,
              program.reduction_groups);
  if (const auto &bubble = description["bubble_predicted"]; !bubble.is_null())
    std::printf("  %-14s %.1f %% predicted\n", "bubble", 100 * bubble.get<double>());
  for (const auto &[number, stage] : description["stages"].items())
    std::printf("  stage %-7s %lld layers, %lld parameters, frames: %lld of %lld bytes\n", number.c_str(),
                stage["layers"].get<long long>(), stage["parameters"].get<long long>(),
                stage["frames"].get<long long>(), stage["frame_bytes"].get<long long>());
  std::printf("processor      %s (%s)\n", program.processor, program.features);
  for (uint32_t i = 0; i < program.scalar_count; ++i)
    if (const sluice_scalar &scalar = program.scalars[i]; !isComputedScalar(scalar.name))
      std::printf("scalar         %s = %s in %s: %s\n", scalar.name, defaultText(scalar).c_str(),
                  rangeText(scalar).c_str(), scalar.help);
}

std::unique_ptr<Verb> makeInfoVerb(const sluice_binary &program) { return std::make_unique<InfoVerb>(program); }

} // namespace sluice::runtime
