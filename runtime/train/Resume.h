//===- Resume.h - Goes on with a run ----------------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_TRAIN_RESUME_H
#define SLUICE_RUNTIME_TRAIN_RESUME_H

#include "runtime/abi.h"
#include "runtime/checkpoint/CheckpointIndex.h"
#include "runtime/checkpoint/FolderLock.h"
#include "runtime/engine/Engine.h"
#include "runtime/train/RunSettings.h"
#include "runtime/train/TrainOptions.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace sluice::runtime {

/// A checkpoint that a run goes on from, and what is to be said of it.
struct ResumedRun {
  std::unique_ptr<FolderLock> lock; ///< On its folder, where the run's own checkpoints go on there.
  CheckpointIndex index;
  ResumedSettings settings;
};

/// Reads the index in `options.weights.resume` and makes its data, order, seeds and settings those of the options,
/// except for flags in `given` (without hyphens). Checkpoints go to the same folder unless another is given; it is then
/// locked before anything is read, so that no other run changes it meanwhile, unless the run is dry. Error if the run
/// cannot be gone on with: a folder in use, another model or optimizer, other data, an order or a seed that
/// contradicts, steps beyond the run's.
ResumedRun resumeRun(const sluice_binary &program, TrainOptions &options, const std::set<std::string> &given);

/// Loads what the run goes on from into the engine. Where another run has replaced it since, it is the newer one that
/// the run goes on from. Error as resumeRun() and loadRun().
void loadResumed(Engine &engine, const sluice_binary &program, TrainOptions &options,
                 const std::set<std::string> &given, ResumedRun &run);

/// Where in its data the run goes on.
DataPosition positionOf(const CheckpointIndex &index);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_RESUME_H
