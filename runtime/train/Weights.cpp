//===- Weights.cpp - Weights from and to files ----------------------------===//

#include "runtime/train/Weights.h"
#include "runtime/Error.h"
#include "runtime/checkpoint/Safetensors.h"

#include <filesystem>
#include <set>
#include <system_error>

namespace sluice::runtime {

static bool endsWith(const std::string &text, const std::string &end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// True for what Hugging Face's GPT-2 saves beside its parameters: the causal mask of every layer, and the head if it
/// is tied (then the program has no parameter of its name).
static bool isIgnored(const std::string &name) {
  return endsWith(name, ".attn.bias") || endsWith(name, ".attn.masked_bias") || name == "lm_head.weight";
}

void loadWeights(const sluice_binary &program, const std::string &path, const std::vector<TensorView> &parameters) {
  SafetensorsFile file(path);
  std::set<std::string> known;
  for (const TensorView &parameter : parameters)
    known.insert(parameter.name);
  // The order of these checks matters for the message: a file of another model mostly has both kinds of fault, and a
  // wrong shape or a missing tensor says more about it than a tensor too many.
  for (const TensorView &parameter : parameters)
    file.read(parameter);
  const std::string prefix = "transformer.";
  for (const SafetensorsFile::Entry &entry : file.entries()) {
    std::string name = entry.name;
    if (!known.count(name) && name.compare(0, prefix.size(), prefix) == 0)
      name = name.substr(prefix.size());
    if (!known.count(name) && !isIgnored(name))
      throw Error(path + ": tensor '" + entry.name + "' of shape " + shapeText(entry.shape) +
                  " is no parameter of the model '" + program.model + "'");
  }
}

std::optional<CheckpointIndex> loadFrom(Engine &engine, const sluice_binary &program, const WeightSource &source,
                                        const Seeds &seeds) {
  if (!source.init.empty()) {
    loadWeights(program, source.init, engine.parameterTensors());
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
