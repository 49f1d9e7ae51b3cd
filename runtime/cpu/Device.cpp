//===- Device.cpp - The CPU as a device of the engine ---------------------===//

#include "runtime/cpu/Device.h"

#include <algorithm>
#include <cstring>

namespace sluice::runtime {

/// The largest of a field over the functions of a device's stages: none calls another of the table, so all share one
/// block.
static int64_t largest(const sluice_binary &program, int32_t device, int64_t sluice_function::*field) {
  int64_t bytes = 0;
  for (uint32_t i = 0; i < program.function_count; ++i)
    if (program.stages[program.functions[i].stage].device == device)
      bytes = std::max(bytes, program.functions[i].*field);
  return bytes;
}

/// Bytes of scratch that each thread needs.
static int64_t threadScratchBytes(const sluice_binary &program, int32_t device) {
  return largest(program, device, &sluice_function::thread_scratch_bytes);
}

/// Elements from one input to the next: whole lines, as generated code expects of every block.
static int64_t inputStride(const sluice_binary &program) {
  constexpr int64_t kElementsALine = SLUICE_ALIGNMENT / int64_t(sizeof(int32_t));
  int64_t elements = program.batch * program.sequence;
  return (elements + kElementsALine - 1) / kElementsALine * kElementsALine;
}

/// Of a step, a replica.
static int64_t microBatches(const sluice_binary &program) { return program.micro_batches / program.replicas; }

static int64_t inputBytes(const sluice_binary &program) {
  return inputStride(program) * SLUICE_MAX_INPUTS * microBatches(program) * int64_t(sizeof(int32_t));
}

static int32_t devicesOfReplica(const sluice_binary &program) {
  return static_cast<int32_t>(program.device_count) / program.replicas;
}

static int64_t frameBytes(const sluice_stage &stage) { return stage.frame_bytes * stage.frames; }

/// Of the gradient buffers beyond the first, which lies in the persistent block.
static int64_t bufferBytes(const sluice_binary &program, const sluice_stage &stage) {
  return stage.gradient_bytes * (program.gradient_buffers - 1);
}

MemoryPlan planMemory(const sluice_binary &program, unsigned threads) {
  MemoryPlan plan;
  plan.parameters = program.parameter_bytes;
  plan.persistent = program.persistent_bytes;
  plan.inputs = inputBytes(program);
  for (uint32_t stage = 0; stage < program.stage_count; ++stage) {
    plan.frames += frameBytes(program.stages[stage]);
    plan.buffers += bufferBytes(program, program.stages[stage]);
  }
  for (int32_t device = 0; device < devicesOfReplica(program); ++device) {
    plan.scratch += largest(program, device, &sluice_function::scratch_bytes);
    plan.threadScratch += sluice_pool::scratchStride(threadScratchBytes(program, device)) * threads;
  }
  for (int64_t MemoryPlan::*kind :
       {&MemoryPlan::parameters, &MemoryPlan::persistent, &MemoryPlan::inputs, &MemoryPlan::frames,
        &MemoryPlan::buffers, &MemoryPlan::scratch, &MemoryPlan::threadScratch})
    plan.*kind *= program.replicas;
  return plan;
}

Device::Stage::Stage(const sluice_binary &program, const sluice_stage &facts)
    : frames(frameBytes(facts)), buffers(bufferBytes(program, facts)) {}

Device::Worker::Worker(const sluice_binary &program, int32_t device, unsigned threads)
    : scratch(largest(program, device, &sluice_function::scratch_bytes)),
      pool(threads, threadScratchBytes(program, device), threads * program.device_count) {}

Device::Device(const sluice_binary &program, unsigned threads)
    : program(program), parameterBlock(program.parameter_bytes), persistentBlock(program.persistent_bytes),
      inputs(inputBytes(program)) {
  for (uint32_t stage = 0; stage < program.stage_count; ++stage)
    stages.emplace_back(program, program.stages[stage]);
  for (int32_t device = 0; device < devicesOfReplica(program); ++device)
    workers.emplace_back(program, device, threads);
}

char *Device::frame(int32_t stage, int64_t microBatch) const {
  const sluice_stage &facts = program.stages[stage];
  return stages[stage].frames.data() + microBatch % facts.frames * facts.frame_bytes;
}

int32_t *Device::input(int64_t microBatch, uint32_t input) const {
  // Every micro-batch keeps its inputs for the whole step: a schedule may load all before the first forward.
  int64_t position = microBatch % microBatches(program) * SLUICE_MAX_INPUTS + input;
  return reinterpret_cast<int32_t *>(inputs.data()) + inputStride(program) * position;
}

char *Device::gradients(int32_t stage, int32_t buffer) const {
  const sluice_stage &facts = program.stages[stage];
  if (buffer == 0)
    return persistentBlock.data() + facts.gradient_offset;
  return stages[stage].buffers.data() + facts.gradient_bytes * (buffer - 1);
}

void Device::clearGradients(int32_t stage, int32_t buffer) {
  char *bytes = gradients(stage, buffer);
  threads(stage).run(program.stages[stage].gradient_bytes,
                     [&](int64_t begin, int64_t end) { std::memset(bytes + begin, 0, end - begin); });
}

template <typename Element> static void add(sluice_pool &pool, char *into, const char *from, int64_t bytes) {
  auto *sums = reinterpret_cast<Element *>(into);
  auto *terms = reinterpret_cast<const Element *>(from);
  pool.run(bytes / int64_t(sizeof(Element)), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      sums[i] += terms[i];
  });
}

void Device::combine(int32_t stage, int32_t into, int32_t from) {
  const sluice_stage &facts = program.stages[stage];
  sluice_pool &pool = threads(stage);
  char *sums = gradients(stage, into), *terms = gradients(stage, from);
  int64_t floats = facts.count_offset - facts.gradient_offset;
  if (facts.element == SLUICE_F64)
    add<double>(pool, sums, terms, floats);
  else
    add<float>(pool, sums, terms, floats);
  add<double>(pool, sums + floats, terms + floats, facts.gradient_bytes - floats);
}

void Device::call(int32_t function, int64_t microBatch, int32_t buffer, sluice_step &step) {
  const sluice_function &called = program.functions[function];
  Worker &worker = workers[program.stages[called.stage].device];
  for (uint32_t i = 0; i < SLUICE_MAX_INPUTS; ++i)
    step.inputs[i] = input(microBatch, i);
  step.pool = &worker.pool;
  // Backward touches nothing of the persistent block but the gradients: these lie in the buffer at their offsets.
  char *persistent = gradients(called.stage, buffer) - program.stages[called.stage].gradient_offset;
  // Updates are in place.
  sluice_blocks blocks = {parameterBlock.data(), parameterBlock.data(), persistent, frame(called.stage, microBatch)};
  called.entry(&step, &blocks, worker.scratch.data());
}

} // namespace sluice::runtime
