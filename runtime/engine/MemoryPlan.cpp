//===- MemoryPlan.cpp - What memory a program needs -----------------------===//

#include "runtime/engine/MemoryPlan.h"
#include "runtime/cpu/Pool.h"
#include "runtime/engine/Program.h"

#include <algorithm>
#include <cstdio>

namespace sluice::runtime {

std::string mebibytes(int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f MiB", static_cast<double>(bytes) / kMebibyte);
  return text;
}

int64_t largestOf(const sluice_binary &program, int32_t device, int64_t sluice_function::*field) {
  int64_t bytes = 0;
  for (uint32_t i = 0; i < program.function_count; ++i)
    if (program.stages[program.functions[i].stage].device == device)
      bytes = std::max(bytes, program.functions[i].*field);
  return bytes;
}

int64_t wholeLines(int64_t bytes) { return (bytes + SLUICE_ALIGNMENT - 1) / SLUICE_ALIGNMENT * SLUICE_ALIGNMENT; }

int64_t inputStride(const sluice_binary &program) {
  constexpr auto kElement = int64_t(sizeof(int32_t));
  return wholeLines(program.batch * program.sequence * kElement) / kElement;
}

int32_t mostDelay(const sluice_binary &program) {
  int32_t most = 0;
  for (uint32_t i = 0; i < program.stage_count; ++i)
    most = std::max(most, program.stages[i].delay);
  return most;
}

int64_t microBatchesKept(const sluice_binary &program) {
  int32_t delay = mostDelay(program);
  return (delay > 0 ? delay + 2 : 1) * (program.micro_batches / program.replicas);
}

int64_t withEvaluated(const sluice_binary &program, int64_t count) { return count + (mostDelay(program) > 0 ? 1 : 0); }

int64_t inputBytes(const sluice_binary &program) {
  return inputStride(program) * SLUICE_MAX_INPUTS * withEvaluated(program, microBatchesKept(program)) *
         int64_t(sizeof(int32_t));
}

int32_t devicesOfReplica(const sluice_binary &program) {
  return static_cast<int32_t>(program.device_count) / program.replicas;
}

int64_t frameBytes(const sluice_binary &program, const sluice_stage &stage) {
  return stage.frame_bytes * withEvaluated(program, stage.frames);
}

int64_t versionBytes(const sluice_stage &stage) {
  return stage.weights_bytes * (stage.versions - (stage.predicts ? 0 : 1));
}

int64_t bufferBytes(const sluice_binary &program, const sluice_stage &stage) {
  return stage.gradient_bytes * (program.gradient_buffers - 1);
}

int64_t heldBytes(const sluice_binary &program, int32_t stage) {
  int64_t bytes = 0;
  for (uint32_t i = 0; i < program.held_gradient_count; ++i)
    if (program.held_gradients[i].stage == stage)
      bytes += program.held_gradients[i].bytes;
  return wholeLines(bytes); // as all memory that a checkpoint holds
}

MemoryPlan planMemory(const sluice_binary &program, unsigned threads) {
  MemoryPlan plan;
  plan.parameters = program.parameter_bytes;
  plan.persistent = program.persistent_bytes;
  plan.inputs = inputBytes(program);
  for (uint32_t stage = 0; stage < program.stage_count; ++stage) {
    plan.frames += frameBytes(program, program.stages[stage]);
    plan.versions += versionBytes(program.stages[stage]);
    plan.buffers += bufferBytes(program, program.stages[stage]) + heldBytes(program, static_cast<int32_t>(stage));
  }
  for (int32_t device = 0; device < devicesOfReplica(program); ++device) {
    plan.scratch += largestOf(program, device, &sluice_function::scratch_bytes);
    int64_t ofThread = largestOf(program, device, &sluice_function::thread_scratch_bytes);
    plan.threadScratch += sluice_pool::scratchStride(ofThread) * threads;
  }
  for (int64_t MemoryPlan::*kind :
       {&MemoryPlan::parameters, &MemoryPlan::versions, &MemoryPlan::persistent, &MemoryPlan::inputs,
        &MemoryPlan::frames, &MemoryPlan::buffers, &MemoryPlan::scratch, &MemoryPlan::threadScratch})
    plan.*kind *= program.replicas;
  return plan;
}

int64_t fixedBytes(const sluice_binary &program, const MemoryPlan &plan, MemoryUse use) {
  int64_t bytes = plan.parameters + plan.threadScratch;
  if (use == MemoryUse::Inference)
    return bytes;
  bytes += program.gradient_bytes + plan.versions;
  for (uint32_t i = 0; i < program.parameter_count; ++i)
    for (uint32_t state = 0; state < program.parameters[i].states; ++state)
      bytes += stateTensor(program.parameters[i], state).bytes;
  return bytes;
}

std::string whatFits(const sluice_binary &program, int64_t needed, int64_t fixed, int64_t available) {
  if (fixed >= available)
    return "what does not depend on the batch needs " + mebibytes(fixed) + " alone";
  double share = static_cast<double>(available - fixed) / static_cast<double>(needed - fixed);
  auto batch = static_cast<int64_t>(share * static_cast<double>(program.batch));
  if (batch >= 1)
    return "compiled with --batch=" + std::to_string(batch) + " in place of " + std::to_string(program.batch) +
           " it would fit";
  auto sequence = static_cast<int64_t>(share * static_cast<double>(program.batch * program.sequence));
  return "compiled with --batch=1 --seq=" + std::to_string(std::max<int64_t>(1, sequence)) + " it would fit";
}

} // namespace sluice::runtime
