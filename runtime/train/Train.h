//===- Train.h - The training loop ------------------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_TRAIN_TRAIN_H
#define SLUICE_RUNTIME_TRAIN_TRAIN_H

#include "runtime/engine/Engine.h"
#include "runtime/train/Resume.h"
#include "runtime/train/TrainOptions.h"

namespace sluice::runtime {

/// Trains until the last step and evaluates on the validation data. Progress goes to stdout. `options` must have passed
/// check(); `resumed` is what resumeRun() made of them, and is loaded, or null for a run from its beginning. Error,
/// with nothing written, if the input does not fit; RunError if the run fails; Stopped, with a checkpoint written,
/// after a signal or where the terminal was closed. What fails outside of a step's numbers leaves a checkpoint of the
/// last whole step.
void train(Engine &engine, const sluice_binary &program, const TrainOptions &options, const ResumedRun *resumed);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_TRAIN_H
