//===- TrainingData.h - Batches of a training run ---------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_TRAIN_TRAININGDATA_H
#define SLUICE_RUNTIME_TRAIN_TRAININGDATA_H

#include "runtime/abi.h"
#include "runtime/data/Data.h"
#include "runtime/train/TrainOptions.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sluice::runtime {

/// Owns the open files of a run, and cuts them into batches of the program's size.
class TrainingData {
public:
  /// `seed` is that of the order, `start` where the run goes on. Error if a file cannot be read, is too short, or holds
  /// tokens that are not below the vocabulary.
  TrainingData(const sluice_binary &program, const DataOptions &options, DataOrder order, uint64_t seed,
               DataPosition start);

  const BatchSource &batches() const { return *source; }

  /// Of all files of the training data together, what is kept for validation too.
  int64_t tokens() const { return stream->size(); }

  /// Lines for people: what was found in which file and how it was read, and what it is used for.
  std::vector<std::string> describe() const;

  /// What is validated on, or null if nothing is.
  const ValidationWindows *validation() const { return windows.get(); }

private:
  int64_t trainingTokens = 0;
  std::unique_ptr<TokenStream> stream,
      validationStream; ///< The second is null where validation is a part of the first.
  std::unique_ptr<BatchSource> source;
  std::unique_ptr<ValidationWindows> windows;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_TRAININGDATA_H
