//===- CheckpointIndex.h - What checkpoint.json holds -----------*- C++ -*-===//
//
// The index names the other files of a checkpoint, and keeps all that a run needs to go on: its settings, its model,
// its data and where it is in them.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_RUNTIME_CHECKPOINT_CHECKPOINTINDEX_H
#define SLUICE_RUNTIME_CHECKPOINT_CHECKPOINTINDEX_H

#include "runtime/LossScaleState.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sluice::runtime {

inline constexpr char kCheckpointIndexName[] = "checkpoint.json";

/// One model, whatever program it is compiled to.
struct ModelIdentity {
  std::string name;
  int64_t parameters = 0;  ///< Elements of all of them.
  std::string fingerprint; ///< Of the parameters' names, types and shapes, and of what computes with them.
};

/// One file of data, wherever it lies.
struct DataFileIdentity {
  std::string path; ///< Absolute.
  uint64_t bytes = 0;
  std::string head; ///< Hash of the first bytes.
};

/// The training data, and where a run is in them.
struct CheckpointData {
  std::string order; ///< "random", "sequential"
  std::vector<DataFileIdentity> files, validationFiles;
  int64_t tokens = 0;   ///< Of all files together.
  int64_t position = 0; ///< In sequential order: the token of the training part with which the next sample begins.
  int64_t samples = 0;  ///< Drawn so far, of all lengths.
  /// What random order counts samples by: rows of a micro-batch and micro-batches of a step of the program that began
  /// the run.
  int64_t drawnRows = 0, drawnMicroBatches = 0;
};

/// What a checkpoint says of gradients under way.
struct PipelineIndex {
  std::string schedule;    ///< "ouroboros"
  std::string fingerprint; ///< Of the programs of the devices and of their memory, which is that of one program.
  int64_t updates = 0;     ///< The fewest that a stage has done.
};

/// What checkpoint.json holds.
struct CheckpointIndex {
  std::string set;  ///< Of the files that were written together; each of them says it.
  int64_t step = 0; ///< Optimizer steps done; the next step's number.
  double loss = 0;  ///< Of the last step.
  ModelIdentity model;
  std::map<std::string, uint64_t> seeds; ///< By use: "init", "data", ... The generator is Philox, so the seeds and the
                                         ///< step are its whole state.
  CheckpointData data;
  LossScaleState lossScale;
  std::map<std::string, std::string> settings; ///< By flag, without its hyphens.
  std::map<std::string, std::string> scalars;  ///< Run-time scalars by name: a number, or "auto".
  std::map<std::string, std::string> program;  ///< What the run was compiled to: "batch", "optimizer", ...

  // Names within the folder.
  std::string modelFile, optimizerFile;
  std::string pipelineFile; ///< Empty where no gradients are under way.
  PipelineIndex pipeline;   ///< Of those that are.
};

/// Whether the folder has an index.
bool hasCheckpoint(const std::string &folder);

/// Reads the index. Error: no checkpoint there, or an index that is damaged or of another format.
CheckpointIndex readCheckpointIndex(const std::string &folder);

/// Replaces the folder's index, atomically. RunError as AtomicFile.
void writeCheckpointIndex(const std::string &folder, const CheckpointIndex &index);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CHECKPOINT_CHECKPOINTINDEX_H
