//===- TrainOptions.cpp - Settings of a training run ----------------------===//

#include "runtime/train/TrainOptions.h"
#include "runtime/Error.h"
#include "runtime/Files.h"
#include "runtime/checkpoint/Checkpoint.h"
#include "runtime/checkpoint/WeightFiles.h"
#include "runtime/engine/Scalars.h"
#include "runtime/train/RunFiles.h"
#include "runtime/train/TensorBoard.h"

#include <charconv>
#include <cmath>
#include <filesystem>

namespace sluice::runtime {

void TrainOptions::check() const {
  TokenStream::splitPaths(data.files);
  if (!data.validationFiles.empty()) {
    if (data.validationFraction)
      throw Error("--val-data and --val-fraction exclude each other");
    TokenStream::splitPaths(data.validationFiles);
  }
  if (checkpointEvery > 0 && checkpointFolder.empty())
    throw Error("--checkpoint-every needs --checkpoint-dir");
  if (logDetail > 0 && log.empty() && tensorBoard.empty())
    throw Error("--log-detail needs --log or --tensorboard");
  const LearningRateSchedule &rate = optimizer.learningRate;
  if (rate.minimum > rate.peak)
    throw Error("--min-lr=" + numberText(rate.minimum) +
                ": expected at most the learning rate, --lr=" + numberText(rate.peak));
  rate.check();
  synchronousSteps();
  checkOutputs();
}

int64_t TrainOptions::synchronousSteps() const {
  const std::string &text = synchronousWarmup;
  bool isShare = !text.empty() && text.back() == '%';
  const char *end = text.data() + text.size() - isShare;
  double share = 0;
  int64_t count = 0;
  auto [at, code] = isShare ? std::from_chars(text.data(), end, share) : std::from_chars(text.data(), end, count);
  bool isRead = code == std::errc() && at == end;
  if (!isRead || !(share >= 0 && share <= 100) || count < 0)
    throw Error("--warmup-synchronous: expected a number of steps or a share of the run up to 100%, found '" + text +
                "'");
  return isShare ? std::llround(share / 100 * static_cast<double>(optimizer.learningRate.steps)) : count;
}

/// Error if the log would be one of the files of a checkpoint.
static void checkLogBesideCheckpoints(const std::string &log, const std::string &folder) {
  std::filesystem::path path = log;
  bool isIn = willBeSameFile(path.has_parent_path() ? path.parent_path().string() : ".", folder);
  if (isIn && isCheckpointFile(path.filename().string()))
    throw Error("--log: " + log + " is a name that checkpoints in " + folder + " have");
}

void TrainOptions::checkOutputs() const {
  RunFiles files;
  files.reads("--data", TokenStream::splitPaths(data.files));
  if (!data.validationFiles.empty())
    files.reads("--val-data", TokenStream::splitPaths(data.validationFiles));
  if (!weights.init.empty())
    files.reads("--init", inputFilesOf(weights.init));
  if (!checkpointFolder.empty())
    checkCheckpoints(files);
  if (!log.empty())
    checkLog(files);
  if (!tensorBoard.empty())
    checkTensorBoard();
  if (!trace.empty())
    checkTrace(files);
}

void TrainOptions::checkCheckpoints(const RunFiles &files) const {
  // Without a flag it is the folder that is resumed.
  bool resumes = !weights.resume.empty() && isSameFile(weights.resume, checkpointFolder);
  files.checkCheckpoints(resumes ? "--resume" : "--checkpoint-dir", checkpointFolder);
  if (std::string file = findCheckpointFile(checkpointFolder); !resumes && !overwrites && !file.empty())
    throw Error("--checkpoint-dir: " + checkpointFolder + " holds a checkpoint of another run (" + file +
                "); --resume goes on with it, --overwrite replaces it");
}

void TrainOptions::checkLog(RunFiles &files) const {
  // A resumed run goes on with its log.
  if (!weights.resume.empty())
    files.readsCheckpoint("--resume", weights.resume);
  files.checkFile("--log", log, overwrites || !weights.resume.empty());
  if (!checkpointFolder.empty())
    checkLogBesideCheckpoints(log, checkpointFolder);
}

void TrainOptions::checkTrace(const RunFiles &files) const {
  files.checkFile("--trace", trace, overwrites);
  if (!log.empty() && willBeSameFile(log, trace))
    throw Error("--trace: " + trace + " is the file of --log");
}

void TrainOptions::checkTensorBoard() const {
  // Nothing that is read can be lost: a file of events is a new one.
  checkFolder("--tensorboard", tensorBoard);
  if (!log.empty() && willBeSameFile(log, tensorBoard))
    throw Error("--tensorboard: " + tensorBoard + " is the file of --log");
  std::string file = weights.resume.empty() && !overwrites ? findEventFile(tensorBoard) : "";
  if (!file.empty())
    throw Error("--tensorboard: " + tensorBoard + " holds events of another run (" + file +
                "); --overwrite adds a file that replaces them in what TensorBoard shows");
}

} // namespace sluice::runtime
