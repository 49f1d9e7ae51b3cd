//===- Device.cpp - The CPU as a device of the engine ---------------------===//

#include "runtime/cpu/Device.h"
#include "runtime/engine/Program.h"

#include <algorithm>
#include <cstring>

namespace sluice::runtime {

namespace {

/// Copies through the memory of the channel.
class HostMessages : public Messages {
public:
  HostMessages(const sluice_binary &program, const sluice_channel &channel, CpuDevice &from, CpuDevice &to)
      : program(program), channel(channel), from(from), to(to) {}

  void put(MessagePlace place, const sluice_action &send, int64_t microBatch) override {
    char *message = place.onHost;
    if (channel.role == SLUICE_CHANNEL_REPLICA)
      std::memcpy(message, from.gradients(send.stage, send.from), messageBytes(program, channel));
    const char *block = blockOf(from, send.stage, microBatch);
    forEachTransfer([&](const sluice_transfer &transfer) {
      std::memcpy(message, block + transfer.source, transfer.bytes);
      message += transfer.bytes;
    });
  }

  void take(MessagePlace place, const sluice_action &receive, int64_t microBatch) override {
    const char *message = place.onHost;
    if (channel.role == SLUICE_CHANNEL_REPLICA)
      std::memcpy(to.gradients(receive.stage, receive.into), message, messageBytes(program, channel));
    char *block = blockOf(to, receive.stage, microBatch);
    forEachTransfer([&](const sluice_transfer &transfer) {
      std::memcpy(block + transfer.target, message, transfer.bytes);
      message += transfer.bytes;
    });
  }

private:
  char *blockOf(CpuDevice &device, int32_t stage, int64_t microBatch) const {
    return channel.role == SLUICE_CHANNEL_EXCHANGE ? device.persistent() : device.frame(stage, microBatch);
  }
  /// None of whole gradient buffers.
  template <typename Function> void forEachTransfer(const Function &function) const {
    for (uint32_t i = 0; channel.role != SLUICE_CHANNEL_REPLICA && i < channel.transfer_count; ++i)
      function(program.transfers[channel.first_transfer + i]);
  }

  const sluice_binary &program;
  const sluice_channel &channel;
  CpuDevice &from, &to;
};

} // namespace

CpuDevice::Stage::Stage(const sluice_binary &program, int32_t number)
    : frames(frameBytes(program, program.stages[number])), buffers(bufferBytes(program, program.stages[number])),
      versions(versionBytes(program.stages[number])), held(heldBytes(program, number)) {}

CpuDevice::Worker::Worker(const sluice_binary &program, int32_t device, unsigned threads)
    : scratch(largestOf(program, device, &sluice_function::scratch_bytes)),
      pool(threads, largestOf(program, device, &sluice_function::thread_scratch_bytes),
           threads * program.device_count) {}

CpuDevice::CpuDevice(const sluice_binary &program, unsigned threads)
    : Device(program), parameterBlock(program.parameter_bytes), persistentBlock(program.persistent_bytes),
      inputs(inputBytes(program)) {
  for (uint32_t stage = 0; stage < program.stage_count; ++stage)
    stages.emplace_back(program, static_cast<int32_t>(stage));
  for (int32_t device = 0; device < devicesOfReplica(program); ++device)
    workers.emplace_back(program, device, threads);
}

char *CpuDevice::weights(int32_t stage, int64_t updates) const {
  const sluice_stage &facts = program.stages[stage];
  int64_t version = versionOf(stage, updates);
  // So that the weights lie at their offsets in the parameter block.
  return version < 0 ? parameterBlock.data()
                     : stages[stage].versions.data() + facts.weights_bytes * version - facts.weights_offset;
}

char *CpuDevice::parameter(const sluice_parameter &parameter) const {
  char *newest = parameter.in_place ? parameterBlock.data() : weights(parameter.stage, kNewest);
  return newest + parameter.tensor.offset;
}

void CpuDevice::storeParameter(const sluice_parameter &stored, const char *from) {
  if (char *to = parameter(stored); to != from)
    std::memcpy(to, from, static_cast<size_t>(stored.tensor.bytes));
}

void CpuDevice::storePersistent(int32_t, int64_t offset, int64_t bytes, const char *from) {
  if (char *to = persistent() + offset; to != from)
    std::memcpy(to, from, static_cast<size_t>(bytes));
}

char *CpuDevice::frame(int32_t stage, int64_t microBatch) const {
  return stages[stage].frames.data() + frameOf(stage, microBatch) * program.stages[stage].frame_bytes;
}

void CpuDevice::readFrame(int32_t stage, int64_t microBatch, int64_t offset, int64_t bytes, void *into) {
  std::memcpy(into, frame(stage, microBatch) + offset, static_cast<size_t>(bytes));
}

int32_t *CpuDevice::input(int64_t microBatch, uint32_t input) {
  // Every micro-batch keeps its inputs for the whole step: a schedule may load all before the first forward.
  return reinterpret_cast<int32_t *>(inputs.data()) +
         inputStride(program) * (placeOf(microBatch) * SLUICE_MAX_INPUTS + input);
}

char *CpuDevice::weightsBefore(int32_t stage, int32_t back) const {
  // Versions before the first update are there as well; what they hold is not read.
  const sluice_stage &facts = program.stages[stage];
  return weights(stage, updates(stage) + facts.versions - back) + facts.weights_offset;
}

std::vector<Memory *> CpuDevice::underWay() {
  std::vector<Memory *> blocks = {&inputs};
  for (Stage &stage : stages) {
    blocks.push_back(&stage.frames);
    blocks.push_back(&stage.held);
  }
  return blocks;
}

char *CpuDevice::gradients(int32_t stage, int32_t buffer) const {
  const sluice_stage &facts = program.stages[stage];
  if (buffer == 0)
    return persistentBlock.data() + facts.gradient_offset;
  return stages[stage].buffers.data() + facts.gradient_bytes * (buffer - 1);
}

void CpuDevice::clearGradients(int32_t stage, int32_t buffer) {
  char *bytes = gradients(stage, buffer);
  threads(stage).run(program.stages[stage].gradient_bytes,
                     [&](int64_t begin, int64_t end) { std::memset(bytes + begin, 0, end - begin); });
}

void CpuDevice::exchangeHeldGradients(int32_t stage) {
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

void CpuDevice::combine(int32_t stage, int32_t into, int32_t from) {
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

void CpuDevice::call(int32_t function, int64_t microBatch, int32_t buffer, int64_t updates, sluice_step &step) {
  const sluice_function &called = program.functions[function];
  Worker &worker = workers[program.stages[called.stage].device];
  for (uint32_t i = 0; i < SLUICE_MAX_INPUTS; ++i)
    step.inputs[i] = input(microBatch, i);
  step.pool = &worker.pool;
  // Backward touches nothing of the persistent block but the gradients: these lie in the buffer at their offsets.
  char *persistent = gradients(called.stage, buffer) - program.stages[called.stage].gradient_offset;
  bool isInPlace = program.stages[called.stage].predicts && updates == kNewest;
  char *next = isInPlace ? parameterBlock.data() : weights(called.stage, Device::updates(called.stage) + 1);
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

void CpuDevice::update(int32_t stage, int32_t function, int32_t ahead, sluice_step &step) {
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
  setUpdates(stage, updates(stage) + 1);
}

void CpuDevice::forgetPredictions() {
  for (uint32_t i = 0; i < program.stage_count; ++i)
    if (auto stage = static_cast<int32_t>(i); program.stages[i].predicts)
      std::memcpy(weightsBefore(stage, 0), parameterBlock.data() + program.stages[i].weights_offset,
                  static_cast<size_t>(program.stages[i].weights_bytes));
}

void CpuDevice::timeKernels(bool isTimed, std::vector<KernelTime> &sums) {
  for (Worker &worker : workers) {
    for (size_t kernel = 0; kernel < worker.times.size(); ++kernel) {
      sums[kernel].runs += worker.times[kernel].runs;
      sums[kernel].seconds += worker.times[kernel].seconds;
    }
    worker.times.assign(isTimed ? program.kernel_count : 0, {});
    worker.pool.timeKernels(isTimed ? &worker.times : nullptr);
  }
}

std::unique_ptr<Messages> CpuDevice::makeMessages(int32_t channel, Device &to) {
  return std::make_unique<HostMessages>(program, program.channels[channel], *this, static_cast<CpuDevice &>(to));
}

} // namespace sluice::runtime
