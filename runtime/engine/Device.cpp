//===- Device.cpp - What the engine asks of a device ----------------------===//

#include "runtime/engine/Device.h"

namespace sluice::runtime {

Device::Device(const sluice_binary &program) : program(program), counts(program.stage_count) {
  for (uint32_t stage = 0; stage < program.stage_count; ++stage)
    counts[stage].updatesBefore.resize(static_cast<size_t>(withEvaluated(program, program.stages[stage].frames)));
}

int64_t Device::frameOf(int32_t stage, int64_t microBatch) const {
  int64_t frames = program.stages[stage].frames;
  return microBatch == kEvaluated ? withEvaluated(program, frames) - 1 : microBatch % frames;
}

int64_t Device::placeOf(int64_t microBatch) const {
  int64_t kept = microBatchesKept(program);
  return microBatch == kEvaluated ? withEvaluated(program, kept) - 1 : microBatch % kept;
}

int64_t Device::versionOf(int32_t stage, int64_t count) const {
  const sluice_stage &facts = program.stages[stage];
  if (facts.predicts && count == kNewest)
    return -1;
  int64_t version = (count == kNewest ? updates(stage) : count) % facts.versions;
  return facts.predicts ? version : version - 1;
}

int64_t Device::updatesBefore(int32_t stage, int64_t microBatch) const {
  return counts[stage].updatesBefore[frameOf(stage, microBatch)];
}

void Device::setUpdatesBefore(int32_t stage, int64_t microBatch, int64_t count) {
  counts[stage].updatesBefore[frameOf(stage, microBatch)] = count;
}

} // namespace sluice::runtime
