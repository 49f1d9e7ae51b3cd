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

int32_t mostDelay(const sluice_binary &program) {
  int32_t most = 0;
  for (uint32_t i = 0; i < program.stage_count; ++i)
    most = std::max(most, program.stages[i].delay);
  return most;
}

/// Of a replica, those whose inputs are kept: of a step, and where gradients are late of the steps before that they are
/// of and of one that is begun ahead.
static int64_t microBatchesKept(const sluice_binary &program) {
  int32_t delay = mostDelay(program);
  return (delay > 0 ? delay + 2 : 1) * (program.micro_batches / program.replicas);
}

/// One more where gradients are late: for a micro-batch that is evaluated between steps.
static int64_t withEvaluated(const sluice_binary &program, int64_t count) {
  return count + (mostDelay(program) > 0 ? 1 : 0);
}

static int64_t inputBytes(const sluice_binary &program) {
  return inputStride(program) * SLUICE_MAX_INPUTS * withEvaluated(program, microBatchesKept(program)) *
         int64_t(sizeof(int32_t));
}

static int32_t devicesOfReplica(const sluice_binary &program) {
  return static_cast<int32_t>(program.device_count) / program.replicas;
}

static int64_t frameBytes(const sluice_binary &program, const sluice_stage &stage) {
  return stage.frame_bytes * withEvaluated(program, stage.frames);
}

/// Of the versions of weights that do not lie in the parameter block, where the first is unless it is a prediction.
static int64_t versionBytes(const sluice_stage &stage) {
  return stage.weights_bytes * (stage.versions - (stage.predicts ? 0 : 1));
}

/// Of the gradient buffers beyond the first, which lies in the persistent block.
static int64_t bufferBytes(const sluice_binary &program, const sluice_stage &stage) {
  return stage.gradient_bytes * (program.gradient_buffers - 1);
}

/// Of the gradients that a stage holds back: whole lines, as all memory that a checkpoint holds.
static int64_t heldBytes(const sluice_binary &program, int32_t stage) {
  int64_t bytes = 0;
  for (uint32_t i = 0; i < program.held_gradient_count; ++i)
    if (program.held_gradients[i].stage == stage)
      bytes += program.held_gradients[i].bytes;
  return (bytes + SLUICE_ALIGNMENT - 1) / SLUICE_ALIGNMENT * SLUICE_ALIGNMENT;
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
    plan.scratch += largest(program, device, &sluice_function::scratch_bytes);
    plan.threadScratch += sluice_pool::scratchStride(threadScratchBytes(program, device)) * threads;
  }
  for (int64_t MemoryPlan::*kind :
       {&MemoryPlan::parameters, &MemoryPlan::versions, &MemoryPlan::persistent, &MemoryPlan::inputs,
        &MemoryPlan::frames, &MemoryPlan::buffers, &MemoryPlan::scratch, &MemoryPlan::threadScratch})
    plan.*kind *= program.replicas;
  return plan;
}

Device::Stage::Stage(const sluice_binary &program, int32_t number)
    : frames(frameBytes(program, program.stages[number])), buffers(bufferBytes(program, program.stages[number])),
      versions(versionBytes(program.stages[number])), held(heldBytes(program, number)),
      updatesBefore(static_cast<size_t>(withEvaluated(program, program.stages[number].frames))) {}

Device::Worker::Worker(const sluice_binary &program, int32_t device, unsigned threads)
    : scratch(largest(program, device, &sluice_function::scratch_bytes)),
      pool(threads, threadScratchBytes(program, device), threads * program.device_count) {}

Device::Device(const sluice_binary &program, unsigned threads)
    : program(program), parameterBlock(program.parameter_bytes), persistentBlock(program.persistent_bytes),
      inputs(inputBytes(program)) {
  for (uint32_t stage = 0; stage < program.stage_count; ++stage)
    stages.emplace_back(program, static_cast<int32_t>(stage));
  for (int32_t device = 0; device < devicesOfReplica(program); ++device)
    workers.emplace_back(program, device, threads);
}

char *Device::weights(int32_t stage, int64_t updates) const {
  const sluice_stage &facts = program.stages[stage];
  int64_t place = (updates == kNewest ? stages[stage].updates : updates) % facts.versions;
  if (!facts.predicts)
    --place;
  else if (updates == kNewest)
    place = -1;
  // So that the weights lie at their offsets in the parameter block.
  return place < 0 ? parameterBlock.data()
                   : stages[stage].versions.data() + facts.weights_bytes * place - facts.weights_offset;
}

char *Device::parameter(const sluice_parameter &parameter) const {
  char *newest = parameter.in_place ? parameterBlock.data() : weights(parameter.stage, kNewest);
  return newest + parameter.tensor.offset;
}

int64_t Device::frameOf(int32_t stage, int64_t microBatch) const {
  int64_t frames = program.stages[stage].frames;
  return microBatch == kEvaluated ? withEvaluated(program, frames) - 1 : microBatch % frames;
}

char *Device::frame(int32_t stage, int64_t microBatch) const {
  return stages[stage].frames.data() + frameOf(stage, microBatch) * program.stages[stage].frame_bytes;
}

int32_t *Device::input(int64_t microBatch, uint32_t input) const {
  // Every micro-batch keeps its inputs for the whole step: a schedule may load all before the first forward.
  int64_t kept = microBatchesKept(program);
  int64_t place = microBatch == kEvaluated ? withEvaluated(program, kept) - 1 : microBatch % kept;
  return reinterpret_cast<int32_t *>(inputs.data()) + inputStride(program) * (place * SLUICE_MAX_INPUTS + input);
}

int64_t Device::updatesBefore(int32_t stage, int64_t microBatch) const {
  return stages[stage].updatesBefore[frameOf(stage, microBatch)];
}

void Device::setUpdatesBefore(int32_t stage, int64_t microBatch, int64_t count) {
  stages[stage].updatesBefore[frameOf(stage, microBatch)] = count;
}

char *Device::weightsBefore(int32_t stage, int32_t back) const {
  // Versions before the first update are there as well; what they hold is not read.
  const sluice_stage &facts = program.stages[stage];
  return weights(stage, updates(stage) + facts.versions - back) + facts.weights_offset;
}

std::vector<Memory *> Device::underWay() {
  std::vector<Memory *> blocks = {&inputs};
  for (Stage &stage : stages) {
    blocks.push_back(&stage.frames);
    blocks.push_back(&stage.held);
  }
  return blocks;
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

void Device::exchangeHeldGradients(int32_t stage) {
  char *held = stages[stage].held.data();
  for (uint32_t i = 0; i < program.held_gradient_count; ++i) {
    const sluice_held_gradient &entry = program.held_gradients[i];
    if (entry.stage != stage)
      continue;
    char *gradients = persistentBlock.data() + entry.offset;
    threads(stage).run(entry.bytes, [&](int64_t begin, int64_t end) {
      std::swap_ranges(gradients + begin, gradients + end, held + begin);
    });
    held += entry.bytes;
  }
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

void Device::call(int32_t function, int64_t microBatch, int32_t buffer, int64_t updates, sluice_step &step) {
  const sluice_function &called = program.functions[function];
  Worker &worker = workers[program.stages[called.stage].device];
  for (uint32_t i = 0; i < SLUICE_MAX_INPUTS; ++i)
    step.inputs[i] = input(microBatch, i);
  step.pool = &worker.pool;
  // Backward touches nothing of the persistent block but the gradients: these lie in the buffer at their offsets.
  char *persistent = gradients(called.stage, buffer) - program.stages[called.stage].gradient_offset;
  bool isInPlace = program.stages[called.stage].predicts && updates == kNewest;
  char *next = isInPlace ? parameterBlock.data() : weights(called.stage, stages[called.stage].updates + 1);
  sluice_blocks blocks = {weights(called.stage, updates), next, persistent, frame(called.stage, microBatch),
                          parameterBlock.data()};
  called.entry(&step, &blocks, worker.scratch.data());
}

/// Of values before an update and the newest, what these will be if the next `ahead` updates are like it.
template <typename Element>
static void extrapolate(sluice_pool &pool, char *values, const char *newest, int64_t bytes, int32_t ahead) {
  auto *out = reinterpret_cast<Element *>(values);
  auto *now = reinterpret_cast<const Element *>(newest);
  pool.run(bytes / int64_t(sizeof(Element)), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      out[i] = now[i] + static_cast<Element>(ahead) * (now[i] - out[i]);
  });
}

void Device::update(int32_t stage, int32_t function, int32_t ahead, sluice_step &step) {
  const sluice_stage &facts = program.stages[stage];
  char *newest = parameterBlock.data() + facts.weights_offset;
  char *next = facts.predicts ? weights(stage, updates(stage) + 1) + facts.weights_offset : nullptr;
  if (next)
    std::memcpy(next, newest, static_cast<size_t>(facts.weights_bytes));
  if (function >= 0)
    call(function, /*microBatch=*/0, /*buffer=*/0, kNewest, step);
  if (next && facts.element == SLUICE_F64)
    extrapolate<double>(threads(stage), next, newest, facts.weights_bytes, ahead);
  else if (next)
    extrapolate<float>(threads(stage), next, newest, facts.weights_bytes, ahead);
  ++stages[stage].updates;
}

void Device::forgetPredictions() {
  for (uint32_t i = 0; i < program.stage_count; ++i)
    if (auto stage = static_cast<int32_t>(i); program.stages[i].predicts)
      std::memcpy(weightsBefore(stage, 0), parameterBlock.data() + program.stages[i].weights_offset,
                  static_cast<size_t>(program.stages[i].weights_bytes));
}

} // namespace sluice::runtime
