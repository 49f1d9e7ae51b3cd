//===- TrainOptions.h - Settings of a training run --------------*- C++ -*-===//
//
// The one carrier of what a run is told: flags are bound to these fields, and the loop reads them. A setting is a field
// here or in one of the structs that are parts of it, and nowhere else.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_TRAIN_TRAINOPTIONS_H
#define SLUICE_RUNTIME_TRAIN_TRAINOPTIONS_H

#include "runtime/data/Data.h"
#include "runtime/engine/Seeds.h"
#include "runtime/engine/StepSettings.h"
#include "runtime/train/Weights.h"

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::runtime {

class RunFiles;

/// What is trained and validated on. Files are named in one text with commas between them, and joined in their order.
struct DataOptions {
  std::string files;
  std::string validationFiles; ///< Empty: the last part of `files`.
  std::optional<double>
      validationFraction;         ///< Of the tokens of `files`, [0, 1); by default 0.1 in random order, else 0.
  std::optional<DataOrder> order; ///< Default: the checkpoint's, or random.
};

struct TrainOptions {
  DataOptions data;
  OptimizerOptions optimizer; ///< With the length of the run.
  Seeds seeds;                ///< Defaults: the checkpoint's.
  WeightSource weights;
  /// First steps that are synchronous where gradients are late after them: a number, or a share of the run ("25%").
  std::string synchronousWarmup = "0";
  int64_t evalEvery = 0;         ///< Steps; 0: only at the end.
  int64_t evalBatches = 20;      ///< Largest number of batches of an evaluation before the end.
  std::string checkpointFolder;  ///< Empty: none are written.
  int64_t checkpointEvery = 0;   ///< Steps; 0: only at the end.
  std::string log;               ///< File of JSON lines; empty: none.
  std::string tensorBoard;       ///< Folder of event files; empty: none.
  std::string trace;             ///< File of the timeline; empty: none.
  int64_t logAccumulation = 100; ///< Steps between lines with the error of sums, if the program has it; 0: none do.
  int64_t logDetail = 0;         ///< Steps between lines that describe the layers; 0: none do.
  bool quiet = false;            ///< Nothing but errors is printed.
  bool overwrites = false;       ///< What another run has left is replaced.
  bool isDryRun = false;         ///< Whether to stop when all input is checked, before the first step.

  /// Error if settings do not go together, if something that will be written could not be, or if it would destroy a
  /// file that is read or what another run has left. Reads no data.
  void check() const;

  /// What `synchronousWarmup` says, of the run's steps. Error where it is neither a count nor a percentage up to 100.
  int64_t synchronousSteps() const;

private:
  void checkOutputs() const;
  void checkCheckpoints(const RunFiles &files) const;
  void checkLog(RunFiles &files) const;
  void checkTensorBoard() const;
  void checkTrace(const RunFiles &files) const;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_TRAINOPTIONS_H
