//===- Train.h - The training loop ------------------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_TRAIN_TRAIN_H
#define SLUICE_RUNTIME_TRAIN_TRAIN_H

#include "runtime/data/Data.h"
#include "runtime/engine/Engine.h"
#include "runtime/engine/LearningRate.h"
#include "runtime/train/Weights.h"

#include <optional>
#include <string>
#include <vector>

namespace sluice::runtime {

struct TrainOptions {
  std::vector<std::string> data;            ///< Files, joined in their order.
  std::vector<std::string> validationData;  ///< Files; empty: the last part of `data`.
  std::optional<double> validationFraction; ///< Of `data`, [0, 1); by default 0.1 in random order, 0 in sequential.
  LearningRateSchedule learningRate;        ///< Its `steps` is the length of the run.
  double adamwLearningRate = 1e-3;          ///< Peak of AdamW's beside another optimizer.
  std::optional<DataOrder> order;           ///< Default: the checkpoint's, or random.
  std::optional<uint64_t> seed, initSeed, dataSeed,
      gateSeed;                       ///< Defaults: the checkpoint's, or 0 and, for the others, seed.
  std::optional<double> gradientClip; ///< Default: the program's.
  int64_t evalEvery = 0;              ///< Steps; 0: only at the end.
  int64_t evalBatches = 20;           ///< Largest number of batches of an evaluation before the end.
  WeightSource weights;
  std::string checkpointFolder;
  int64_t checkpointEvery = 0; ///< Steps; 0: only at the end.
  std::string log;             ///< JSON lines.
  int64_t logDetail = 0;       ///< Steps between lines that describe the layers; 0: none do.
  bool quiet = false;
};

/// Trains until the last step, or until SIGINT or SIGTERM, and evaluates on the validation data. Error, with nothing
/// written, if the input does not fit; RunError if the run fails.
void train(Engine &engine, const sluice_binary &program, const TrainOptions &options);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_TRAIN_H
