//===- UnderWay.h - Gradients under way in checkpoints ----------*- C++ -*-===//
//
// Where gradients are late a checkpoint holds what is under way too (PipelineState). It is bound to the program: one of
// other stages, micro-batches or memory begins with nothing under way.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_TRAIN_UNDERWAY_H
#define SLUICE_RUNTIME_TRAIN_UNDERWAY_H

#include "runtime/Tensors.h"
#include "runtime/checkpoint/CheckpointIndex.h"
#include "runtime/engine/Engine.h"
#include "runtime/train/TrainOptions.h"

#include <string>
#include <vector>

namespace sluice::runtime {

/// Whether a program can go on with what is under way in the checkpoint. Error if it is of a program whose gradients
/// are late and this one's are not: it would lose them, and begin something else.
bool goesOnWithPipeline(const sluice_binary &program, const CheckpointIndex &index, const std::string &folder);

/// Loads a checkpoint: parameters, optimizer state, and what is under way if the program goes on with it.
void loadRun(Engine &engine, const sluice_binary &program, const TrainOptions &options, const CheckpointIndex &index);

/// Has the first steps of a fresh run be synchronous, as the options say.
void startPipeline(Engine &engine, const TrainOptions &options);

/// What is under way, for a checkpoint; the index says whose it is. Empty where all steps are synchronous.
std::vector<TensorView> tensorsUnderWay(Engine &engine, const sluice_binary &program, CheckpointIndex &index);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_UNDERWAY_H
