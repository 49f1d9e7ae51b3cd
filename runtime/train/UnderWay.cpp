//===- UnderWay.cpp - Gradients under way in checkpoints ------------------===//

#include "runtime/train/UnderWay.h"
#include "runtime/Error.h"
#include "runtime/checkpoint/Checkpoint.h"
#include "runtime/train/Identity.h"

#include <algorithm>

namespace sluice::runtime {

bool goesOnWithPipeline(const sluice_binary &program, const CheckpointIndex &index, const std::string &folder) {
  if (index.pipelineFile.empty())
    return false;
  if (mostDelay(program) == 0)
    throw Error("--resume: " + folder + " is of a run by " + index.pipeline.schedule +
                ", whose gradients under way a program by " + program.schedule +
                " cannot apply; --init takes the weights of its model file");
  return index.pipeline.fingerprint == pipelineFingerprint(program);
}

void startPipeline(Engine &engine, const TrainOptions &options) {
  if (PipelineState *pipeline = engine.pipeline())
    pipeline->start(options.synchronousSteps(), /*updates=*/0);
}

void loadRun(Engine &engine, const sluice_binary &program, const TrainOptions &options, const CheckpointIndex &index) {
  const std::string &folder = options.weights.resume;
  PipelineState *pipeline = engine.pipeline();
  bool goesOn = pipeline && goesOnWithPipeline(program, index, folder);
  if (goesOn) {
    // Where the newest weights lie depends on them.
    loadPipeline(folder, index, {pipeline->counts()});
    if (!pipeline->setCounts())
      throw Error(folder + "/" + index.pipelineFile + " is damaged: its counts make no sense");
  } else if (pipeline) {
    int64_t updates = index.pipelineFile.empty() ? index.step - index.lossScale.skips : index.pipeline.updates;
    pipeline->start(std::max(index.step, options.synchronousSteps()), updates);
  }
  loadCheckpoint(folder, index, engine.parameterTensors(), engine.stateTensors());
  engine.tensorsChanged();
  if (!goesOn)
    return;
  loadPipeline(folder, index, pipeline->tensors());
  pipeline->tensorsChanged();
}

std::vector<TensorView> tensorsUnderWay(Engine &engine, const sluice_binary &program, CheckpointIndex &index) {
  PipelineState *pipeline = engine.pipeline();
  if (!pipeline)
    return {};
  index.pipeline = {program.schedule, pipelineFingerprint(program), pipeline->fewestUpdates()};
  std::vector<TensorView> tensors = pipeline->tensors();
  tensors.push_back(pipeline->counts());
  return tensors;
}

} // namespace sluice::runtime
