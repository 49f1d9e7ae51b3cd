//===- Checkpoint.cpp - Atomic, resumable checkpoints ---------------------===//
#include "runtime/checkpoint/Checkpoint.h"

#include "runtime/Error.h"
#include "runtime/checkpoint/FolderLock.h"
#include "runtime/checkpoint/Safetensors.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <random>
#include <regex>

namespace sluice::runtime {

namespace fs = std::filesystem;

/// In the metadata of all files.
static const char setKey[] = "set";
static std::string inFolder(const std::string &folder, const std::string &file) {
  return (fs::path(folder) / file).string();
}

bool isCheckpointFile(const std::string &name) {
  static const std::regex ours(
      R"((model|optimizer|pipeline)-(0|[1-9][0-9]*)(-again)?\.safetensors(\.tmp)?|checkpoint\.(json|json\.tmp|lock))");
  return std::regex_match(name, ours);
}

/// What a process that was killed leaves of a file.
static bool isTemporary(const std::string &name) { return fs::path(name).extension() == ".tmp"; }

static std::vector<std::string> checkpointFilesIn(const std::string &folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (fs::directory_iterator at(folder, ignored), end; at != end; at.increment(ignored))
    if (std::string name = at->path().filename().string(); isCheckpointFile(name) && name != FolderLock::kFileName)
      names.push_back(std::move(name));
  std::sort(names.begin(), names.end());
  return names;
}

std::string findCheckpointFile(const std::string &folder) {
  for (const std::string &name : checkpointFilesIn(folder))
    if (!isTemporary(name))
      return name;
  return "";
}

/// Removes files that saveCheckpoint wrote, here or before it was killed, and that the index does not name. Other files
/// in the folder are none of ours. A file that cannot be removed costs space only, so errors are ignored.
static void removeOthers(const std::string &folder, const CheckpointIndex &index) {
  std::error_code ignored;
  for (const std::string &name : checkpointFilesIn(folder))
    if (name != index.modelFile && name != index.optimizerFile && name != index.pipelineFile &&
        name != kCheckpointIndexName)
      fs::remove(inFolder(folder, name), ignored);
}

/// A name that no other checkpoint has.
static std::string newSet() {
  std::random_device words;
  char text[17];
  std::snprintf(text, sizeof(text), "%08x%08x", words(), words());
  return text;
}

void saveCheckpoint(const std::string &folder, CheckpointIndex index, const std::vector<TensorView> &weights,
                    const std::vector<TensorView> &optimizer, const std::vector<TensorView> &pipeline) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure)
    throw RunError("cannot make the folder " + folder + ": " + failure.message());

  // Where the checkpoint in the folder has this very step, its files stay as they are until the index names the new
  // ones: they may come from another run.
  std::string stem = std::to_string(index.step);
  std::string modelPrefix = "model-", optimizerPrefix = "optimizer-", pipelinePrefix = "pipeline-";
  std::string suffix = ".safetensors";
  CheckpointIndex previous;
  try {
    previous = readCheckpointIndex(folder);
  } catch (const Error &) {
    // There is none, or none that could be read: nothing to keep.
  }
  if (previous.modelFile == modelPrefix + stem + suffix || previous.optimizerFile == optimizerPrefix + stem + suffix ||
      previous.pipelineFile == pipelinePrefix + stem + suffix)
    stem += "-again";
  index.modelFile = modelPrefix + stem + suffix;
  index.optimizerFile = optimizerPrefix + stem + suffix;
  index.pipelineFile = pipeline.empty() ? "" : pipelinePrefix + stem + suffix;
  index.set = newSet();

  try {
    std::map<std::string, std::string> metadata = {{"step", std::to_string(index.step)}, {setKey, index.set}};
    writeSafetensors(inFolder(folder, index.modelFile), weights, metadata);
    writeSafetensors(inFolder(folder, index.optimizerFile), optimizer, metadata);
    if (!pipeline.empty())
      writeSafetensors(inFolder(folder, index.pipelineFile), pipeline, metadata);
    writeCheckpointIndex(folder, index);
  } catch (const RunError &) {
    // Frees what the failed checkpoint takes of a full disk. The index in the folder is the previous one or, where only
    // its last sync failed, the new one.
    try {
      removeOthers(folder, readCheckpointIndex(folder));
    } catch (const Error &) {
      for (const std::string &name : {index.modelFile, index.optimizerFile, index.pipelineFile})
        if (!name.empty())
          fs::remove(inFolder(folder, name), failure);
    }
    throw;
  }
  removeOthers(folder, index);
}

/// Error unless the file was written together with the index.
static void checkSet(const SafetensorsFile &file, const CheckpointIndex &index) {
  auto found = file.metadata().find(setKey);
  if (found == file.metadata().end() || found->second != index.set)
    throw Error(file.path() + " is not of the checkpoint that " + kCheckpointIndexName +
                " there names: files of two runs are mixed (set " +
                (found == file.metadata().end() ? "missing" : found->second) + ", expected " + index.set + ")");
}

std::string checkpointModelPath(const std::string &folder, const CheckpointIndex &index) {
  SafetensorsFile file(inFolder(folder, index.modelFile));
  checkSet(file, index);
  return file.path();
}

CheckpointIndex readCheckpoint(const std::string &folder, const std::function<void(const CheckpointIndex &)> &load) {
  constexpr int attempts = 10;
  CheckpointIndex index = readCheckpointIndex(folder);
  for (int attempt = 1;; ++attempt) {
    try {
      load(index);
      return index;
    } catch (const Error &) {
      CheckpointIndex next = readCheckpointIndex(folder);
      if (attempt == attempts || next.set == index.set)
        throw;
      index = std::move(next);
    }
  }
}

static void loadFile(const std::string &path, const CheckpointIndex &index, const std::vector<TensorView> &into) {
  SafetensorsFile file(path);
  checkSet(file, index);
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
  loadFile(inFolder(folder, index.modelFile), index, weights);
  loadFile(inFolder(folder, index.optimizerFile), index, optimizer);
}

void loadPipeline(const std::string &folder, const CheckpointIndex &index, const std::vector<TensorView> &pipeline) {
  loadFile(inFolder(folder, index.pipelineFile), index, pipeline);
}

} // namespace sluice::runtime
