//===- Checkpoint.h - Atomic, resumable checkpoints -------------*- C++ -*-===//
//
// A checkpoint is a folder that holds `model-STEP.safetensors`, `optimizer-STEP.safetensors` and `checkpoint.json`,
// which names the two. The index is replaced last, in one rename: a process killed at any moment leaves the previous
// checkpoint or the new one, whole.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_RUNTIME_CHECKPOINT_CHECKPOINT_H
#define SLUICE_RUNTIME_CHECKPOINT_CHECKPOINT_H

#include "runtime/Tensors.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sluice::runtime {

/// What checkpoint.json holds.
struct CheckpointIndex {
  int64_t step = 0;                      ///< optimizer steps done; the next step's number
  std::string model;                     ///< name of the model description
  std::map<std::string, uint64_t> seeds; ///< by use: "init", "data", ... The generator is Philox, so the seeds and the
                                         ///< step are its whole state.
  std::string dataOrder;                 ///< "random", "sequential"
  std::vector<std::string> dataFiles;
  int64_t dataPosition = 0;                    ///< training tokens drawn so far
  std::map<std::string, std::string> settings; ///< whatever else the run wants to find again

  // Names within the folder; written by saveCheckpoint.
  std::string modelFile, optimizerFile;
};

/// Writes a checkpoint in `folder` (made where it is missing) and then removes the files of older ones.
/// `index.modelFile` and `index.optimizerFile` are ignored. RunError, with the previous checkpoint kept: the disk is
/// full or not writable.
void saveCheckpoint(const std::string &folder, CheckpointIndex index, const std::vector<TensorView> &weights,
                    const std::vector<TensorView> &optimizer);

/// Whether the folder has an index.
bool hasCheckpoint(const std::string &folder);

/// Reads the index. Error: no checkpoint there, or an index that is damaged.
CheckpointIndex readCheckpointIndex(const std::string &folder);

/// Path of the weights' file, to read as any .safetensors.
std::string checkpointModelPath(const std::string &folder, const CheckpointIndex &index);

/// Copies weights and optimizer state into the views, bit for bit. Error: a missing file or tensor, another shape or
/// element type, files that belong to another step than the index.
void loadCheckpoint(const std::string &folder, const CheckpointIndex &index, const std::vector<TensorView> &weights,
                    const std::vector<TensorView> &optimizer);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CHECKPOINT_CHECKPOINT_H
