//===- CheckpointIndex.cpp - What checkpoint.json holds -------------------===//
#include "runtime/checkpoint/CheckpointIndex.h"

#include "runtime/Error.h"
#include "runtime/Files.h"
#include "runtime/InputFile.h"

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace sluice::runtime {

namespace fs = std::filesystem;
using nlohmann::json;

static const char formatName[] = "sluice-checkpoint-2";

// What nlohmann's library looks for by name.
static void to_json(json &value, const ModelIdentity &model) {
  value = {{"name", model.name}, {"parameters", model.parameters}, {"fingerprint", model.fingerprint}};
}

static void from_json(const json &value, ModelIdentity &model) {
  value.at("name").get_to(model.name);
  value.at("parameters").get_to(model.parameters);
  value.at("fingerprint").get_to(model.fingerprint);
}

static void to_json(json &value, const DataFileIdentity &file) {
  value = {{"path", file.path}, {"bytes", file.bytes}, {"head", file.head}};
}

static void from_json(const json &value, DataFileIdentity &file) {
  value.at("path").get_to(file.path);
  value.at("bytes").get_to(file.bytes);
  value.at("head").get_to(file.head);
}

static void to_json(json &value, const CheckpointData &data) {
  value = {{"order", data.order},
           {"files", data.files},
           {"validation_files", data.validationFiles},
           {"tokens", data.tokens},
           {"position", data.position},
           {"samples", data.samples},
           {"drawn", {{"rows", data.drawnRows}, {"micro_batches", data.drawnMicroBatches}}}};
}

static void from_json(const json &value, CheckpointData &data) {
  value.at("order").get_to(data.order);
  value.at("files").get_to(data.files);
  value.at("validation_files").get_to(data.validationFiles);
  value.at("tokens").get_to(data.tokens);
  value.at("position").get_to(data.position);
  value.at("samples").get_to(data.samples);
  value.at("drawn").at("rows").get_to(data.drawnRows);
  value.at("drawn").at("micro_batches").get_to(data.drawnMicroBatches);
}

static void to_json(json &value, const LossScaleState &state) {
  value = {{"scale", state.scale},
           {"clean_steps", state.cleanSteps},
           {"skips_in_a_row", state.skipsInARow},
           {"skips", state.skips}};
}

static void from_json(const json &value, LossScaleState &state) {
  value.at("scale").get_to(state.scale);
  value.at("clean_steps").get_to(state.cleanSteps);
  value.at("skips_in_a_row").get_to(state.skipsInARow);
  value.at("skips").get_to(state.skips);
}

static void to_json(json &value, const PipelineIndex &pipeline) {
  value = {{"schedule", pipeline.schedule}, {"fingerprint", pipeline.fingerprint}, {"updates", pipeline.updates}};
}

static void from_json(const json &value, PipelineIndex &pipeline) {
  value.at("schedule").get_to(pipeline.schedule);
  value.at("fingerprint").get_to(pipeline.fingerprint);
  value.at("updates").get_to(pipeline.updates);
}

static std::string pathIn(const std::string &folder) { return (fs::path(folder) / kCheckpointIndexName).string(); }

bool hasCheckpoint(const std::string &folder) {
  std::error_code ignored;
  return fs::exists(pathIn(folder), ignored);
}

/// Error where a number or a name makes no sense.
static void check(const CheckpointIndex &index, const std::string &path) {
  const CheckpointData &data = index.data;
  if (index.step < 0 || data.position < 0 || data.samples < 0)
    throw Error(path + " is damaged: a negative step or position");
  if (data.drawnRows < 1 || data.drawnMicroBatches < 1)
    throw Error(path + " is damaged: it draws no samples");
  const LossScaleState &scale = index.lossScale;
  bool isCounted = scale.cleanSteps >= 0 && scale.skipsInARow >= 0 && scale.skips >= scale.skipsInARow;
  if (!(scale.scale > 0) || !isCounted || scale.skips > index.step)
    throw Error(path + " is damaged: its loss scale makes no sense");
  for (const std::string &name : {index.modelFile, index.optimizerFile})
    if (name.empty() || name.find('/') != std::string::npos)
      throw Error(path + " is damaged: it names files outside its folder");
  bool hasPipeline = !index.pipeline.fingerprint.empty();
  if (hasPipeline != !index.pipelineFile.empty() || index.pipelineFile.find('/') != std::string::npos)
    throw Error(path + " is damaged: it names no file of the gradients under way");
  if (index.pipeline.updates < 0 || index.pipeline.updates > index.step)
    throw Error(path + " is damaged: more updates than steps");
}

CheckpointIndex readCheckpointIndex(const std::string &folder) {
  if (!hasCheckpoint(folder))
    throw Error("no checkpoint in " + folder + ": there is no " + kCheckpointIndexName);
  InputFile file(pathIn(folder));
  CheckpointIndex index;
  try {
    json root = json::parse(file.readAll());
    if (root.at("format") != formatName)
      throw Error(file.path() + " has another format than " + formatName + ": " + root.at("format").dump() +
                  "; --init takes the weights of its model file");
    root.at("set").get_to(index.set);
    root.at("step").get_to(index.step);
    // A loss that is not finite has no number in JSON.
    index.loss = root.at("loss").is_null() ? HUGE_VAL : root.at("loss").get<double>();
    root.at("model").get_to(index.model);
    root.at("seeds").get_to(index.seeds);
    root.at("data").get_to(index.data);
    // One that does not say has none.
    if (root.contains("loss_scale"))
      root["loss_scale"].get_to(index.lossScale);
    root.at("settings").get_to(index.settings);
    root.at("scalars").get_to(index.scalars);
    root.at("program").get_to(index.program);
    root.at("files").at("model").get_to(index.modelFile);
    root.at("files").at("optimizer").get_to(index.optimizerFile);
    if (root.contains("pipeline")) {
      root["pipeline"].get_to(index.pipeline);
      root["files"].at("pipeline").get_to(index.pipelineFile);
    }
  } catch (const json::exception &) {
    throw Error(file.path() + " is damaged: it is no index of a checkpoint");
  }
  check(index, file.path());
  return index;
}

void writeCheckpointIndex(const std::string &folder, const CheckpointIndex &index) {
  json root = {{"format", formatName},
               {"set", index.set},
               {"step", index.step},
               {"loss", index.loss},
               {"model", index.model},
               {"seeds", index.seeds},
               {"rng", "philox4x32-10"},
               {"data", index.data},
               {"loss_scale", index.lossScale},
               {"settings", index.settings},
               {"scalars", index.scalars},
               {"program", index.program},
               {"files", {{"model", index.modelFile}, {"optimizer", index.optimizerFile}}}};
  if (!index.pipelineFile.empty()) {
    root["pipeline"] = index.pipeline;
    root["files"]["pipeline"] = index.pipelineFile;
  }
  AtomicFile file(pathIn(folder));
  // File names may hold any bytes; those that are no UTF-8 are replaced rather than refused.
  file.write(root.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
  file.commit();
}

} // namespace sluice::runtime
