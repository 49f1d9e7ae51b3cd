//===- Checkpoint.h - Atomic, resumable checkpoints -------------*- C++ -*-===//
//
// A checkpoint is a folder that holds `model-STEP.safetensors`, `optimizer-STEP.safetensors`, where gradients are under
// way `pipeline-STEP.safetensors`, and `checkpoint.json`, which names them. The index is replaced last, in one rename:
// a process killed at any moment leaves the previous checkpoint or the new one, whole. All say which set they are of,
// so that files of two checkpoints are not taken for one.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_RUNTIME_CHECKPOINT_CHECKPOINT_H
#define SLUICE_RUNTIME_CHECKPOINT_CHECKPOINT_H

#include "runtime/Tensors.h"
#include "runtime/checkpoint/CheckpointIndex.h"

#include <functional>
#include <string>
#include <vector>

namespace sluice::runtime {

/// Writes a checkpoint in `folder` (made where it is missing) and then removes the files of older ones. `index.set` and
/// the names of files are ignored. `pipeline` is empty where no gradients are under way. RunError, with the previous
/// checkpoint kept: the disk is full or not writable.
void saveCheckpoint(const std::string &folder, CheckpointIndex index, const std::vector<TensorView> &weights,
                    const std::vector<TensorView> &optimizer, const std::vector<TensorView> &pipeline = {});

/// Whether saving writes, replaces or removes files of that name.
bool isCheckpointFile(const std::string &name);

/// A file in the folder that belongs to a checkpoint, whole or not; empty if there is none.
std::string findCheckpointFile(const std::string &folder);

/// Path of the weights' file, to read as any .safetensors. Error: it is missing, or of another set than the index.
std::string checkpointModelPath(const std::string &folder, const CheckpointIndex &index);

/// Gives `load` the index of the folder's checkpoint, and returns it. A run that trains there may replace the
/// checkpoint, and remove its files, before they are open: where `load` throws an Error and the index is of another set
/// by then, it is called again with that one, ten times at most. Error as readCheckpointIndex and as `load`.
CheckpointIndex readCheckpoint(const std::string &folder, const std::function<void(const CheckpointIndex &)> &load);

/// Copies weights and optimizer state into the views, bit for bit. Error: a missing file or tensor, another shape or
/// element type, files that belong to another set than the index.
void loadCheckpoint(const std::string &folder, const CheckpointIndex &index, const std::vector<TensorView> &weights,
                    const std::vector<TensorView> &optimizer);

/// The same with what is under way, which the checkpoint has. Error as above.
void loadPipeline(const std::string &folder, const CheckpointIndex &index, const std::vector<TensorView> &pipeline);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CHECKPOINT_CHECKPOINT_H
