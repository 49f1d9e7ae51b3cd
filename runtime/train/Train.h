//===- Train.h - The training loop ------------------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_TRAIN_TRAIN_H
#define SLUICE_RUNTIME_TRAIN_TRAIN_H

#include "runtime/engine/Engine.h"
#include "runtime/train/TrainOptions.h"

namespace sluice::runtime {

/// Trains until the last step, or until SIGINT or SIGTERM, and evaluates on the validation data. Progress goes to
/// stdout. `options` must have passed check(). Error, with nothing written, if the input does not fit; RunError if the
/// run fails.
void train(Engine &engine, const sluice_binary &program, const TrainOptions &options);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_TRAIN_H
