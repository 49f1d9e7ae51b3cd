//===- TrainOptions.cpp - Settings of a training run ----------------------===//

#include "runtime/train/TrainOptions.h"
#include "runtime/Error.h"
#include "runtime/Files.h"

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
  if (logDetail > 0 && log.empty())
    throw Error("--log-detail needs --log");
  if (!log.empty())
    checkWritable("--log", log);
  if (!checkpointFolder.empty())
    checkFolder("--checkpoint-dir", checkpointFolder);
  optimizer.learningRate.check();
}

} // namespace sluice::runtime
