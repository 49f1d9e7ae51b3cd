//===- Checkpoint.cpp - Atomic, resumable checkpoints ---------------------===//
#include "runtime/checkpoint/Checkpoint.h"

#include "runtime/Error.h"
#include "runtime/Files.h"
#include "runtime/checkpoint/Safetensors.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>

namespace sluice::runtime {

namespace fs = std::filesystem;
using nlohmann::json;

static const char indexName[] = "checkpoint.json";
static const char formatName[] = "sluice-checkpoint-1";

static std::string inFolder(const std::string &folder, const std::string &file) {
  return (fs::path(folder) / file).string();
}

bool hasCheckpoint(const std::string &folder) {
  std::error_code ignored;
  return fs::exists(inFolder(folder, indexName), ignored);
}

CheckpointIndex readCheckpointIndex(const std::string &folder) {
  if (!hasCheckpoint(folder))
    throw Error("no checkpoint in " + folder + ": there is no " + indexName);
  MappedFile file(inFolder(folder, indexName));
  CheckpointIndex index;
  try {
    json root = json::parse(file.data(), file.data() + file.size());
    if (root.at("format") != formatName)
      throw Error(file.path() + " has another format than " + formatName);
    root.at("step").get_to(index.step);
    root.at("model").get_to(index.model);
    root.at("seeds").get_to(index.seeds);
    root.at("data").at("order").get_to(index.dataOrder);
    root.at("data").at("files").get_to(index.dataFiles);
    root.at("data").at("position").get_to(index.dataPosition);
    root.at("settings").get_to(index.settings);
    root.at("files").at("model").get_to(index.modelFile);
    root.at("files").at("optimizer").get_to(index.optimizerFile);
  } catch (const json::exception &) {
    throw Error(file.path() + " is damaged: it is no index of a checkpoint");
  }
  if (index.step < 0 || index.dataPosition < 0)
    throw Error(file.path() + " is damaged: a negative step or position");
  for (const std::string &name : {index.modelFile, index.optimizerFile})
    if (name.empty() || name.find('/') != std::string::npos)
      throw Error(file.path() + " is damaged: it names files outside its folder");
  return index;
}

static void writeIndex(const std::string &folder, const CheckpointIndex &index) {
  json root = {{"format", formatName},
               {"step", index.step},
               {"model", index.model},
               {"seeds", index.seeds},
               {"rng", "philox4x32-10"},
               {"data", {{"order", index.dataOrder}, {"files", index.dataFiles}, {"position", index.dataPosition}}},
               {"settings", index.settings},
               {"files", {{"model", index.modelFile}, {"optimizer", index.optimizerFile}}}};
  AtomicFile file(inFolder(folder, indexName));
  // File names may hold any bytes; those that are no UTF-8 are replaced rather than refused.
  file.write(root.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
  file.commit();
}

/// Removes files that saveCheckpoint wrote, here or before it was killed, and that the index does not name. Other files
/// in the folder are none of ours. A file that cannot be removed costs space only, so errors are ignored.
static void removeOthers(const std::string &folder, const CheckpointIndex &index) {
  static const std::regex ours(
      R"((model|optimizer)-(0|[1-9][0-9]*)(-again)?\.safetensors(\.tmp)?|checkpoint\.json\.tmp)");
  std::error_code ignored;
  std::vector<fs::path> others;
  for (fs::directory_iterator at(folder, ignored), end; at != end; at.increment(ignored)) {
    std::string name = at->path().filename().string();
    if (std::regex_match(name, ours) && name != index.modelFile && name != index.optimizerFile)
      others.push_back(at->path());
  }
  for (const fs::path &path : others)
    fs::remove(path, ignored);
}

void saveCheckpoint(const std::string &folder, CheckpointIndex index, const std::vector<TensorView> &weights,
                    const std::vector<TensorView> &optimizer) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure)
    throw RunError("cannot make the folder " + folder + ": " + failure.message());

  // Where the checkpoint in the folder has this very step, its files stay as they are until the index names the new
  // ones: they may come from another run.
  std::string stem = std::to_string(index.step);
  std::string modelPrefix = "model-", optimizerPrefix = "optimizer-", suffix = ".safetensors";
  CheckpointIndex previous;
  try {
    previous = readCheckpointIndex(folder);
  } catch (const Error &) {
    // There is none, or none that could be read: nothing to keep.
  }
  if (previous.modelFile == modelPrefix + stem + suffix || previous.optimizerFile == optimizerPrefix + stem + suffix)
    stem += "-again";
  index.modelFile = modelPrefix + stem + suffix;
  index.optimizerFile = optimizerPrefix + stem + suffix;

  try {
    std::map<std::string, std::string> metadata = {{"step", std::to_string(index.step)}};
    writeSafetensors(inFolder(folder, index.modelFile), weights, metadata);
    writeSafetensors(inFolder(folder, index.optimizerFile), optimizer, metadata);
    writeIndex(folder, index);
  } catch (const RunError &) {
    // Frees what the failed checkpoint takes of a full disk. The index in the folder is the previous one or, where only
    // its last sync failed, the new one.
    try {
      removeOthers(folder, readCheckpointIndex(folder));
    } catch (const Error &) {
      for (const std::string &name : {index.modelFile, index.optimizerFile})
        fs::remove(inFolder(folder, name), failure);
    }
    throw;
  }
  removeOthers(folder, index);
}

std::string checkpointModelPath(const std::string &folder, const CheckpointIndex &index) {
  return inFolder(folder, index.modelFile);
}

static void loadFile(const std::string &path, int64_t step, const std::vector<TensorView> &into) {
  SafetensorsFile file(path);
  auto found = file.metadata().find("step");
  if (found == file.metadata().end() || found->second != std::to_string(step))
    throw Error(path + " does not belong to the checkpoint of step " + std::to_string(step));
  for (const TensorView &tensor : into) {
    // Converted weights would not continue the run that saved them.
    const SafetensorsFile::Entry *entry = file.find(tensor.name);
    if (entry && entry->shape == tensor.shape && entry->bytes != tensor.bytes())
      throw Error(path + ": tensor " + tensor.name + " is " + entry->type + ", not the type this program trains in");
    file.read(tensor);
  }
}

void loadCheckpoint(const std::string &folder, const CheckpointIndex &index, const std::vector<TensorView> &weights,
                    const std::vector<TensorView> &optimizer) {
  loadFile(checkpointModelPath(folder, index), index.step, weights);
  loadFile(inFolder(folder, index.optimizerFile), index.step, optimizer);
}

} // namespace sluice::runtime
