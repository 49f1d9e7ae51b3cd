//===- LateMemory.cpp - What is under way on GPUs -------------------------===//

#include "runtime/cuda/LateMemory.h"
#include "runtime/cuda/Device.h"

#include <cstring>

using namespace sluice::cuda;
using namespace sluice::runtime;

CudaLateMemory::CudaLateMemory(const sluice_binary &program, int32_t replica, CudaDevice &device)
    : program(program), device(device), inputs(inputBytes(program)) {
  for (uint32_t i = 0; i < program.stage_count; ++i) {
    const sluice_stage &facts = program.stages[i];
    Stage &stage = stages.emplace_back();
    stage.versions = Memory(versionBytes(facts));
    stage.frames = Memory(frameBytes(program, facts));
    stage.held = Memory(heldBytes(program, static_cast<int32_t>(i)));
  }
  for (uint32_t i = 0; i < program.channel_count; ++i)
    if (program.devices[program.channels[i].to].replica == replica)
      channels.push_back({static_cast<int32_t>(i), Memory(messagesBytes(program, program.channels[i]))});
}

void CudaLateMemory::exchangeHeldGradients(int32_t stage) {
  Stream &stream = device.streamOf(stage);
  int32_t &half = stages[stage].half;
  Address from = device.heldAt(stage, half), to = device.heldAt(stage, 1 - half);
  for (uint32_t i = 0; i < program.held_gradient_count; ++i) {
    const sluice_held_gradient &entry = program.held_gradients[i];
    if (entry.stage != stage)
      continue;
    Address gradients = device.persistentAt(stage, entry.offset);
    stream.copy(to, gradients, entry.bytes);
    stream.copy(gradients, from, entry.bytes);
    to += static_cast<Address>(entry.bytes);
    from += static_cast<Address>(entry.bytes);
  }
  half = 1 - half;
}

void CudaLateMemory::forgetPredictions() {
  for (uint32_t i = 0; i < program.stage_count; ++i) {
    auto stage = static_cast<int32_t>(i);
    const sluice_stage &facts = program.stages[i];
    if (facts.predicts && facts.weights_bytes > 0)
      device.streamOf(stage).copy(
          device.weightsAt(stage, device.versionOf(stage, device.updates(stage)), facts.weights_offset),
          device.weightsAt(stage, -1, facts.weights_offset), facts.weights_bytes);
  }
}

char *CudaLateMemory::version(int32_t stage, int64_t version) const {
  return stages[stage].versions.data() + program.stages[stage].weights_bytes * version;
}

char *CudaLateMemory::weightsBefore(int32_t stage, int32_t back) const {
  // Versions before the first update are there as well; what they hold is not read.
  const sluice_stage &facts = program.stages[stage];
  return device.shownWeights(stage, device.versionOf(stage, device.updates(stage) + facts.versions - back)) +
         facts.weights_offset;
}

std::vector<Memory *> CudaLateMemory::underWay() {
  std::vector<Memory *> blocks = {&inputs};
  for (Stage &stage : stages) {
    blocks.push_back(&stage.frames);
    blocks.push_back(&stage.held);
  }
  for (Channel &channel : channels)
    blocks.push_back(&channel.messages);
  return blocks;
}

void CudaLateMemory::copyAll(bool isToHost) {
  auto copy = [&](Stream &stream, char *host, Address card, int64_t bytes) {
    if (bytes == 0)
      return;
    if (isToHost)
      stream.download(host, card, bytes);
    else
      stream.upload(card, static_cast<const void *>(host), bytes);
  };
  for (uint32_t i = 0; i < program.stage_count; ++i) {
    auto number = static_cast<int32_t>(i);
    const sluice_stage &facts = program.stages[i];
    Stage &stage = stages[i];
    Stream &stream = device.streamOf(number);
    for (int32_t back = facts.predicts ? 0 : 1; back < facts.versions; ++back)
      copy(stream, weightsBefore(number, back),
           device.weightsAt(number, device.versionOf(number, device.updates(number) + facts.versions - back),
                            facts.weights_offset),
           facts.weights_bytes);
    for (int64_t frame = 0; frame < withEvaluated(program, facts.frames); ++frame)
      copy(stream, stage.frames.data() + facts.frame_bytes * frame, device.frameNumber(number, frame),
           facts.frame_bytes);
    copy(stream, stage.held.data(), device.heldAt(number, stage.half), stage.held.size());
  }
  for (Channel &channel : channels) {
    int32_t to = program.channels[channel.number].to % devicesOfReplica(program);
    for (uint32_t stage = 0; stage < program.stage_count; ++stage)
      if (program.stages[stage].device == to) {
        copy(device.streamOf(static_cast<int32_t>(stage)), channel.messages.data(), device.messageAt(channel.number, 0),
             channel.messages.size());
        break;
      }
  }
  for (uint32_t stage = 0; stage < program.stage_count; ++stage)
    device.finish(static_cast<int32_t>(stage));
}

void CudaLateMemory::fetchUnderWay() {
  copyAll(/*isToHost=*/true);
  std::memcpy(inputs.data(), device.slots().inputData(), static_cast<size_t>(inputs.size()));
}

void CudaLateMemory::storeUnderWay() {
  copyAll(/*isToHost=*/false);
  std::memcpy(device.slots().inputData(), inputs.data(), static_cast<size_t>(inputs.size()));
  device.slots().forget();
}
