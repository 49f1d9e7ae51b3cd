//===- Weights.cpp - Weights from and to files ----------------------------===//

#include "runtime/train/Weights.h"
#include "runtime/Error.h"
#include "runtime/Message.h"
#include "runtime/checkpoint/Safetensors.h"
#include "runtime/checkpoint/WeightFiles.h"

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
    MappedFile file(path);
    return std::string_view(reinterpret_cast<const char *>(file.data()), file.size()) == text;
  } catch (const Error &) {
    return false;
  }
}

std::optional<CheckpointIndex> loadFrom(Engine &engine, const sluice_binary &program, const WeightSource &source,
                                        const Seeds &seeds) {
  if (!source.init.empty()) {
    std::string note = loadWeights(program, source.init, engine.parameterTensors());
    if (!note.empty() && !source.isQuiet)
      std::fprintf(stderr, "%s\n", messageText("note: " + note).c_str());
  } else if (!source.resume.empty()) {
    // As any file of weights: who evaluates a model may do it in a program of another optimizer.
    CheckpointIndex index = readCheckpointIndex(source.resume);
    loadWeights(program, checkpointModelPath(source.resume, index), engine.parameterTensors());
    return index;
  } else {
    engine.initializeParameters(seeds.ofWeights());
  }
  return std::nullopt;
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
  if (std::filesystem::exists(config, ignored) && !holds(config, program.description))
    throw Error("--out: " + config + " is another than this program's; --overwrite replaces it");
}

void exportModel(const Engine &engine, const sluice_binary &program, const std::string &folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure)
    throw RunError(folder + ": cannot be made: " + failure.message());
  writeSafetensors(folder + "/model.safetensors", engine.parameterTensors(), {{kProducerKey, producerOf(program)}});
  if (std::string(program.description).empty())
    return;
  // What the model can be compiled from again.
  AtomicFile config(folder + "/config.json");
  config.write(program.description);
  config.commit();
}

} // namespace sluice::runtime
