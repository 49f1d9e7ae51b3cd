//===- WeightFiles.h - The tensors of a model's weights ---------*- C++ -*-===//
#ifndef SLUICE_RUNTIME_CHECKPOINT_WEIGHTFILES_H
#define SLUICE_RUNTIME_CHECKPOINT_WEIGHTFILES_H

#include "runtime/checkpoint/Safetensors.h"

#include <set>
#include <string>
#include <vector>

namespace sluice::runtime {

/// What a model wants of its weights.
struct WantedWeights {
  std::string model;                  ///< for messages
  std::vector<TensorView> parameters; ///< what is filled
  std::string tiedHead = {};          ///< the parameter that is the head too, or empty
};

/// Weights as they are found: in one file, or in shards that an index names.
class WeightFiles {
public:
  /// `path` is a .safetensors file, an index of shards (.json), or a folder that holds `model.safetensors` or its
  /// index. Error as SafetensorsFile, or where an index or its shards do not fit each other.
  explicit WeightFiles(const std::string &path);

  /// Fills the parameters. Names may have what training tools put before or into them: `transformer.`, `module.`,
  /// `_orig_mod.` and the like. Causal masks are ignored, and a copy of the tied head has to equal it. Error, naming
  /// the tensor, where one is missing, unknown to the model, of another shape, or there twice with different values.
  void load(const WantedWeights &wanted) const;

  /// What people should know of how names were read, or empty: one line.
  std::string note(const WantedWeights &wanted) const;

private:
  /// A tensor, the file that holds it, and the parameter that it is for.
  struct Found {
    const SafetensorsFile *file;
    const SafetensorsFile::Entry *entry;
    std::string name;
  };

  std::vector<Found> resolve(const WantedWeights &wanted, std::set<std::string> &removed) const;
  void readIndex(const std::string &index);

  std::string path;
  std::vector<SafetensorsFile> files;
};

/// Files that WeightFiles may read of a path, as far as they are there: the file, or what a folder or the folder of an
/// index holds of weights, with the model's configuration.
std::vector<std::string> inputFilesOf(const std::string &path);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CHECKPOINT_WEIGHTFILES_H
