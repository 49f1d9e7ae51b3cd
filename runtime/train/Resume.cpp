//===- Resume.cpp - Goes on with a run ------------------------------------===//

#include "runtime/train/Resume.h"
#include "runtime/Error.h"
#include "runtime/Files.h"
#include "runtime/engine/LossScale.h"
#include "runtime/train/Identity.h"
#include "runtime/train/UnderWay.h"

namespace sluice::runtime {

static std::string describe(const ModelIdentity &model) {
  return "'" + model.name + "' with " + std::to_string(model.parameters) + " parameters";
}

static void checkModel(const sluice_binary &program, const CheckpointIndex &index, const std::string &folder) {
  ModelIdentity model = identityOf(program);
  if (model.fingerprint != index.model.fingerprint)
    throw Error("--resume: " + folder + " is of another model: " + describe(index.model) + ", expected " +
                describe(model) + (model.parameters == index.model.parameters ? " of this program's description" : ""));
  auto optimizer = index.program.find("optimizer");
  if (optimizer != index.program.end() && optimizer->second != program.optimizer)
    throw Error("--resume: " + folder + " is of a run by " + optimizer->second + ", and this program's optimizer is " +
                program.optimizer + "; --init takes the weights of its model file");
}

/// Bytes and hashes, whatever the files are called.
static bool isSameData(const std::vector<DataFileIdentity> &a, const std::vector<DataFileIdentity> &b) {
  bool isSame = a.size() == b.size();
  for (size_t i = 0; isSame && i < a.size(); ++i)
    isSame = a[i].bytes == b[i].bytes && a[i].head == b[i].head;
  return isSame;
}

static std::string describe(const std::vector<DataFileIdentity> &files) {
  std::string text;
  for (const DataFileIdentity &file : files)
    text +=
        (text.empty() ? "" : ",") + file.path + " (" + std::to_string(file.bytes) + " bytes, head " + file.head + ")";
  return text.empty() ? "none" : text;
}

static std::string pathsOf(const std::vector<DataFileIdentity> &files) {
  std::string list;
  for (const DataFileIdentity &file : files)
    list += (list.empty() ? "" : ",") + file.path;
  return list;
}

static void resumeData(DataOptions &data, const CheckpointData &saved, std::vector<std::string> &changes) {
  if (data.files.empty())
    data.files = pathsOf(saved.files);
  std::vector<DataFileIdentity> files = identitiesOf(TokenStream::splitPaths(data.files));
  if (!isSameData(files, saved.files))
    throw Error("--data: expected the data of the run, " + describe(saved.files) + ", found " + describe(files));
  // Whoever gives a part of the data does not want the files that were apart from them.
  if (data.validationFiles.empty() && !data.validationFraction)
    data.validationFiles = pathsOf(saved.validationFiles);
  std::vector<DataFileIdentity> validationFiles;
  if (!data.validationFiles.empty())
    validationFiles = identitiesOf(TokenStream::splitPaths(data.validationFiles));
  if (!isSameData(validationFiles, saved.validationFiles))
    changes.push_back("--val-data " + describe(saved.validationFiles) + " -> " + describe(validationFiles));
  DataOrder order = parseDataOrder(saved.order);
  if (data.order && *data.order != order)
    throw Error(std::string("--data-order=") + nameOf(*data.order) +
                " contradicts the checkpoint, which was made with " + saved.order);
  data.order = order;
}

/// Where the loss is scaled in another way, how the run did it is none of the scalars that go on.
static void resumeLossScale(const sluice_binary &program, CheckpointIndex &index) {
  // A checkpoint that does not say has none.
  auto saved = index.program.try_emplace("loss scale", "none").first;
  if (saved->second == lossScaleText(program))
    return;
  index.scalars.erase(kLossScale);
  index.scalars.erase(kLossScaleInterval);
}

/// The lock of the folder that is resumed, where the run writes to it; null where it does not.
static std::unique_ptr<FolderLock> lockResumed(const TrainOptions &options) {
  const std::string &folder = options.weights.resume;
  bool goesOnThere = options.checkpointFolder.empty() || isSameFile(folder, options.checkpointFolder);
  // Where there is no checkpoint nothing is made.
  if (options.isDryRun || !goesOnThere || !hasCheckpoint(folder))
    return nullptr;
  checkFolder("--resume", folder);
  return std::make_unique<FolderLock>(folder);
}

ResumedRun resumeRun(const sluice_binary &program, TrainOptions &options, const std::set<std::string> &given) {
  const std::string &folder = options.weights.resume;
  ResumedRun run;
  run.lock = lockResumed(options);
  run.index = readCheckpointIndex(folder);
  checkModel(program, run.index, folder);
  std::set<std::string> mine = given;
  // The two exclude each other.
  if (given.count("val-data"))
    mine.insert("val-fraction");
  std::vector<std::string> &changes = run.settings.changes;
  resumeData(options.data, run.index.data, changes);
  options.seeds.resume(run.index.seeds);
  run.settings.add(resumeSettings(program, options, run.index.settings, mine));
  resumeLossScale(program, run.index);
  for (const auto &[name, text] : compiledSettings(program))
    if (auto saved = run.index.program.find(name); saved != run.index.program.end() && saved->second != text)
      changes.push_back("compiled " + name + " " + saved->second + " -> " + text);
  if (bool goesOn = goesOnWithPipeline(program, run.index, folder); !goesOn && mostDelay(program) > 0)
    changes.push_back(std::string("the pipeline starts anew: the checkpoint is of ") +
                      (run.index.pipelineFile.empty() ? "synchronous steps" : "a program with other stages"));
  if (int64_t steps = options.optimizer.learningRate.steps; run.index.step > steps)
    throw Error(folder + ": the checkpoint is of step " + std::to_string(run.index.step) +
                ", beyond --steps=" + std::to_string(steps));
  if (options.checkpointFolder.empty())
    options.checkpointFolder = folder;
  return run;
}

void loadResumed(Engine &engine, const sluice_binary &program, TrainOptions &options,
                 const std::set<std::string> &given, ResumedRun &run) {
  readCheckpoint(options.weights.resume, [&](const CheckpointIndex &index) {
    if (index.set != run.index.set)
      run = resumeRun(program, options, given);
    loadRun(engine, program, options, run.index);
  });
}

DataPosition positionOf(const CheckpointIndex &index) {
  DataPosition position;
  position.step = index.step;
  position.samples = index.data.samples;
  position.token = index.data.position;
  position.rows = index.data.drawnRows;
  position.microBatches = index.data.drawnMicroBatches;
  return position;
}

} // namespace sluice::runtime
