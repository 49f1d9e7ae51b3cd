//===- Layout.cpp - Where things lie in a card's memory -------------------===//

#include "runtime/cuda/Layout.h"
#include "runtime/engine/Device.h"
#include "runtime/engine/MemoryPlan.h"
#include "runtime/engine/Program.h"

#include <algorithm>

using namespace sluice::cuda;
using namespace sluice::runtime;

/// What cuMemAlloc aligns to, and so the widest accesses and whole sectors.
static constexpr int64_t kAlignment = 256;

static int64_t aligned(int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

int sluice::cuda::cardOf(int32_t device, int cards) { return device % cards; }

uint32_t sluice::cuda::inputsOf(const sluice_binary &program, int32_t stage) {
  uint32_t count = 0;
  for (uint32_t f = 0; f < program.function_count; ++f) {
    const sluice_function &function = program.functions[f];
    for (uint32_t l = 0; function.stage == stage && l < function.launch_count; ++l) {
      const sluice_launch &launch = program.launches[function.first_launch + l];
      for (uint32_t o = 0; o < launch.operand_count; ++o)
        if (uint32_t space = program.operands[launch.first_operand + o].space; space >= SLUICE_SPACE_INPUT)
          count = std::max(count, space - SLUICE_SPACE_INPUT + 1);
    }
  }
  return count;
}

bool sluice::cuda::decides(const sluice_binary &program) { return mostDelay(program) == 0; }

static int64_t inputBytesOfOne(const sluice_binary &program) {
  return aligned(inputStride(program) * int64_t(sizeof(int32_t)));
}

int64_t Layout::add(int64_t size, int64_t MemoryPlan::*kind) {
  int64_t offset = planned.total();
  planned.*kind += aligned(size);
  return offset;
}

void Layout::addStage(int32_t number) {
  Stage &stage = stages[number];
  const sluice_stage &facts = program.stages[number];
  stage.buffers = add(bufferBytes(program, facts), &MemoryPlan::buffers);
  stage.versions = add(versionBytes(facts), &MemoryPlan::versions);
  stage.held = add(2 * heldBytes(program, number), &MemoryPlan::buffers);
  fixedBytes += aligned(bufferBytes(program, facts)) + aligned(versionBytes(facts));
  stage.frames = add(frameBytes(program, facts), &MemoryPlan::frames);
  stage.slotStride = aligned(sizeof(sluice_step)) + inputsOf(program, number) * inputBytesOfOne(program);
  stage.slots = add(slotBytes(number), &MemoryPlan::inputs);
}

int64_t Layout::slotCount(int32_t stage) const {
  return decides(program) ? microBatchesKept(program) : withEvaluated(program, program.stages[stage].frames);
}

int64_t Layout::slotBytes(int32_t stage) const {
  return stages[stage].slotStride * slotCount(stage) +
         (decides(program) && stage == 0 ? aligned(sizeof(UpdateRule)) : 0);
}

/// Whether each stage of a replica lies on a card.
static std::vector<char> stagesOn(const sluice_binary &program, int32_t replica, int card, int cards) {
  std::vector<char> isHere;
  for (uint32_t stage = 0; stage < program.stage_count; ++stage)
    isHere.push_back(cardOf(deviceOf(program, static_cast<int32_t>(stage), replica), cards) == card);
  return isHere;
}

Layout::Layout(const sluice_binary &program, int32_t replica, int card, int cards)
    : program(program), parameters(program, SLUICE_SPACE_WEIGHTS, stagesOn(program, replica, card, cards)),
      persistentSlots(program, SLUICE_SPACE_PERSISTENT, stagesOn(program, replica, card, cards)),
      parameterOffset(add(parameters.bytes(), &MemoryPlan::parameters)),
      persistentOffset(add(persistentSlots.bytes(), &MemoryPlan::persistent)), stages(program.stage_count),
      channels(program.channel_count) {
  fixedBytes = sharedBytes = total();
  auto isHere = [&](int32_t device) { return cardOf(device, cards) == card; };
  for (uint32_t i = 0; i < program.stage_count; ++i)
    if (auto stage = static_cast<int32_t>(i); isHere(deviceOf(program, stage, replica)))
      addStage(stage);
  for (int32_t device = 0; device < devicesOfReplica(program); ++device) {
    if (!isHere(replica * devicesOfReplica(program) + device))
      continue;
    int64_t scratch = add(largestOf(program, device, &sluice_function::scratch_bytes), &MemoryPlan::scratch);
    for (uint32_t i = 0; i < program.stage_count; ++i)
      if (program.stages[i].device == device)
        stages[i].scratch = scratch;
  }
  for (uint32_t i = 0; i < program.channel_count; ++i)
    if (int32_t to = program.channels[i].to; program.devices[to].replica == replica && isHere(to))
      channels[i] = add(messagesBytes(program, program.channels[i]), &MemoryPlan::buffers);
}

int64_t sluice::cuda::messagesBytes(const sluice_binary &program, const sluice_channel &channel) {
  return aligned(messageBytes(program, channel)) * channel.capacity;
}

MemoryPlan sluice::cuda::planOnOneCard(const sluice_binary &program) {
  MemoryPlan all;
  for (int32_t replica = 0; replica < program.replicas; ++replica) {
    MemoryPlan one = Layout(program, replica, 0, 1).plan();
    for (int64_t MemoryPlan::*kind :
         {&MemoryPlan::parameters, &MemoryPlan::versions, &MemoryPlan::persistent, &MemoryPlan::frames,
          &MemoryPlan::buffers, &MemoryPlan::scratch, &MemoryPlan::inputs})
      all.*kind += one.*kind;
  }
  return all;
}

int64_t Layout::gradients(int32_t stage, int32_t buffer) const {
  const sluice_stage &facts = program.stages[stage];
  return buffer == 0 ? persistent(facts.gradient_offset) : stages[stage].buffers + facts.gradient_bytes * (buffer - 1);
}

int64_t Layout::version(int32_t stage, int64_t version) const {
  return stages[stage].versions + program.stages[stage].weights_bytes * version;
}

int64_t Layout::held(int32_t stage, int32_t half) const {
  return stages[stage].held + heldBytes(program, stage) * half;
}

int64_t Layout::frame(int32_t stage, int64_t frame) const {
  return stages[stage].frames + program.stages[stage].frame_bytes * frame;
}

int64_t Layout::step(int32_t stage, int64_t slot) const {
  return stages[stage].slots + stages[stage].slotStride * slot;
}

int64_t Layout::input(int32_t stage, int64_t slot, uint32_t input) const {
  return step(stage, slot) + aligned(sizeof(sluice_step)) + static_cast<int64_t>(input) * inputBytesOfOne(program);
}

int64_t Layout::message(int32_t channel, uint32_t place) const {
  return channels[channel] + aligned(messageBytes(program, program.channels[channel])) * place;
}
