//===- Weights.h - Weights from and to files --------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_TRAIN_WEIGHTS_H
#define SLUICE_RUNTIME_TRAIN_WEIGHTS_H

#include "runtime/checkpoint/Checkpoint.h"
#include "runtime/engine/Engine.h"
#include "runtime/engine/Seeds.h"
#include "runtime/train/RunFiles.h"

#include <optional>
#include <string>

namespace sluice::runtime {

/// Where a run's weights come from: at most one of the two is given.
struct WeightSource {
  std::string init;     ///< As WeightFiles takes it: a .safetensors file, an index of shards, or their folder.
  std::string resume;   ///< A folder with a checkpoint.
  bool isQuiet = false; ///< Whether notes on how names were read are left out.
};

/// Copies the tensors of weights into the parameters, and returns a note on how names were read, or nothing. Error as
/// WeightFiles.
std::string loadWeights(const sluice_binary &program, const std::string &path,
                        const std::vector<TensorView> &parameters);

/// Fills the engine's parameters from the source, or else from the initializers keyed by the seed of the weights. A
/// checkpoint's optimizer state is not read. Returns the checkpoint's index if there is one. Error as loadWeights,
/// checkConfigBeside and readCheckpoint.
std::optional<CheckpointIndex> loadFrom(Engine &engine, const sluice_binary &program, const WeightSource &source,
                                        const Seeds &seeds);

/// Error, which begins with --out, if the export could not be written to the folder, or if it would replace a file that
/// is read, or unless it may overwrite a file that is no export of this program.
void checkExport(const RunFiles &files, const sluice_binary &program, const std::string &folder, bool overwrites);

/// Writes model.safetensors and, where the program has a description, config.json into the folder, which is made where
/// it is missing: the configuration of Hugging Face that the model came from, which transformers open with the weights,
/// or the description. RunError if they cannot be written.
void exportModel(const Engine &engine, const sluice_binary &program, const std::string &folder);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_WEIGHTS_H
