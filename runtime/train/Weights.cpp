//===- Weights.cpp - Weights from and to files ----------------------------===//

#include "runtime/train/Weights.h"
#include "runtime/Error.h"
#include "runtime/Files.h"
#include "runtime/InputFile.h"
#include "runtime/Message.h"
#include "runtime/checkpoint/Safetensors.h"
#include "runtime/checkpoint/WeightFiles.h"
#include "runtime/train/ConfigCheck.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

namespace sluice::runtime {

/// The parameter that is the head too, or empty: what the description's objective says.
static std::string tiedHeadOf(const sluice_binary &program, const std::vector<TensorView> &parameters) {
  auto isParameter = [&](const std::string &name) {
    return std::any_of(parameters.begin(), parameters.end(), [&](const TensorView &p) { return p.name == name; });
  };
  nlohmann::json description = nlohmann::json::parse(program.description, nullptr, /*allow_exceptions=*/false);
  std::string name = "wte.weight"; // of GPT-2, where there is no description
  if (description.is_object() && description["objective"].is_object())
    name = description["objective"]["tied"].is_string()
               ? description["objective"]["tied"].get<std::string>() + ".weight"
               : "";
  return isParameter(name) && !isParameter("lm_head.weight") ? name : "";
}

std::string loadWeights(const sluice_binary &program, const std::string &path,
                        const std::vector<TensorView> &parameters) {
  WeightFiles files(path);
  WantedWeights wanted{program.model, parameters, tiedHeadOf(program, parameters)};
  files.load(wanted);
  return files.note(wanted);
}

/// In the metadata of exported weights, by which they are known again.
static const char kProducerKey[] = "producer";

static std::string producerOf(const sluice_binary &program) { return "sluice " + std::string(program.model); }

/// Whether the file is what this program has exported.
static bool isExport(const std::string &path, const sluice_binary &program) {
  try {
    SafetensorsFile file(path);
    auto producer = file.metadata().find(kProducerKey);
    return producer != file.metadata().end() && producer->second == producerOf(program);
  } catch (const Error &) {
    return false; // whatever it is
  }
}

static bool holds(const std::string &path, std::string_view text) {
  try {
    InputFile file(path);
    return file.size() == text.size() && file.readAll() == text;
  } catch (const Error &) {
    return false;
  }
}

std::optional<CheckpointIndex> loadFrom(Engine &engine, const sluice_binary &program, const WeightSource &source,
                                        const Seeds &seeds) {
  if (!source.init.empty()) {
    // Tensors first: that of another model mostly has other shapes too, which say more.
    std::string note = loadWeights(program, source.init, engine.parameterTensors());
    engine.tensorsChanged();
    checkConfigBeside(program, source.init);
    if (!note.empty() && !source.isQuiet)
      std::fprintf(stderr, "%s\n", messageText("note: " + note).c_str());
  } else if (!source.resume.empty()) {
    // As any file of weights: who evaluates a model may do it in a program of another optimizer.
    return readCheckpoint(source.resume, [&](const CheckpointIndex &index) {
      loadWeights(program, checkpointModelPath(source.resume, index), engine.parameterTensors());
      engine.tensorsChanged();
    });
  } else {
    engine.initializeParameters(seeds.ofWeights());
  }
  return std::nullopt;
}

static bool hasParameter(const sluice_binary &program, const std::string &name) {
  return std::any_of(program.parameters, program.parameters + program.parameter_count,
                     [&](const sluice_parameter &parameter) { return parameter.tensor.name == name; });
}

/// The configuration of Hugging Face that the model came from, as it describes the exported weights; null where there
/// is none, or where a technique has taken the norms away, so that what is left is no GPT-2.
static nlohmann::ordered_json huggingFaceConfig(const nlohmann::ordered_json &description,
                                                const sluice_binary &program) {
  if (!description.is_object() || !description.contains("hugging_face") || !hasParameter(program, "ln_f.weight"))
    return nullptr;
  nlohmann::ordered_json config = description["hugging_face"];
  if (!config.contains("architectures") || config["architectures"].is_null())
    config["architectures"] = {"GPT2LMHeadModel"};
  for (const char *key : {"torch_dtype", "dtype"})
    if (config.contains(key))
      config[key] = "float32";
  return config;
}

/// What config.json holds: what the model can be compiled from again. Empty where the program has no description.
static std::string configText(const sluice_binary &program) {
  auto description = nlohmann::ordered_json::parse(program.description, nullptr, /*allow_exceptions=*/false);
  if (!description.is_object() || !description.contains("hugging_face"))
    return program.description;
  nlohmann::ordered_json config = huggingFaceConfig(description, program);
  if (!config.is_null())
    return config.dump(2) + "\n";
  description.erase("hugging_face");
  return description.dump();
}

void checkExport(const RunFiles &files, const sluice_binary &program, const std::string &folder, bool overwrites) {
  checkFolder("--out", folder);
  const std::string weights = folder + "/model.safetensors", config = folder + "/config.json";
  // Their temporary names too: whatever has one of those is written over.
  for (const std::string &path : {weights, weights + ".tmp", config, config + ".tmp"})
    files.checkIsNoInput("--out", path);
  if (overwrites)
    return;
  std::error_code ignored;
  if (std::filesystem::exists(weights, ignored) && !isExport(weights, program))
    throw Error("--out: " + weights + " is no export of this program; --overwrite replaces it");
  // The description is the same for every export of the program; another one was put there by someone.
  if (std::filesystem::exists(config, ignored) && !holds(config, configText(program)))
    throw Error("--out: " + config + " is another than this program's; --overwrite replaces it");
}

void exportModel(const Engine &engine, const sluice_binary &program, const std::string &folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure)
    throw RunError(folder + ": cannot be made: " + failure.message());
  std::vector<TensorView> parameters = engine.parameterTensors();
  std::string text = configText(program);
  auto description = nlohmann::ordered_json::parse(program.description, nullptr, /*allow_exceptions=*/false);
  bool isHuggingFace = !huggingFaceConfig(description, program).is_null();
  // Transformers find the body of a model with a head of its own under this name.
  if (isHuggingFace && hasParameter(program, "lm_head.weight"))
    for (TensorView &parameter : parameters)
      if (parameter.name != "lm_head.weight")
        parameter.name.insert(0, "transformer.");
  writeSafetensors(folder + "/model.safetensors", parameters, {{kProducerKey, producerOf(program)}});
  if (text.empty())
    return;
  AtomicFile config(folder + "/config.json");
  config.write(text);
  config.commit();
}

} // namespace sluice::runtime
