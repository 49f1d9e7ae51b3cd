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

void exportModel(const Engine &engine, const sluice_binary &program, const std::string &folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure)
    throw RunError(folder + ": cannot be made: " + failure.message());
  writeSafetensors(folder + "/model.safetensors", engine.parameterTensors());
  if (std::string(program.description).empty())
    return;
  // What the model can be compiled from again.
  AtomicFile config(folder + "/config.json");
  config.write(program.description);
  config.commit();
}

} // namespace sluice::runtime
