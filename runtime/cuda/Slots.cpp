//===- Slots.cpp - What functions read beside frames ----------------------===//

#include "runtime/cuda/Slots.h"
#include "runtime/cuda/Device.h"

#include <cstddef>
#include <cstring>

using namespace sluice::cuda;
using namespace sluice::runtime;

Slots::Slots(const sluice_binary &program, int32_t replica, CudaDevice &device, const Card &card)
    : program(program), replica(replica), device(device), functions(program.function_count), slots(program.stage_count),
      loadings(static_cast<size_t>(withEvaluated(program, microBatchesKept(program)))) {
  for (uint32_t i = 0; i < program.stage_count; ++i) {
    auto stage = static_cast<int32_t>(i);
    stageInputs.push_back(inputsOf(program, stage));
    slots[i].resize(static_cast<size_t>(device.layoutOf(stage).slotCount(stage)));
  }
  for (uint32_t i = 0; i < program.function_count; ++i)
    for (uint32_t l = 0; l < program.functions[i].launch_count; ++l) {
      const sluice_launch &launch = program.launches[program.functions[i].first_launch + l];
      for (uint32_t o = 0; o < launch.operand_count; ++o) {
        uint32_t space = program.operands[launch.first_operand + o].space;
        functions[i].readsStep |= space == SLUICE_SPACE_STEP;
        functions[i].readsInputs |= space >= SLUICE_SPACE_INPUT;
      }
    }
  for (int turn = 0; turn < (decides(program) ? 2 : 1); ++turn)
    inputs.emplace_back(card, inputBytes(program));
}

char *Slots::hostInput(int64_t place, uint32_t input) const {
  return inputData() + inputStride(program) * (place * SLUICE_MAX_INPUTS + input) * int64_t(sizeof(int32_t));
}

int32_t *Slots::input(int64_t place, uint32_t input) {
  ++loadings[place];
  return reinterpret_cast<int32_t *>(hostInput(place, input));
}

/// Where the next step that cards do as a whole has what will lie at an address of a stage's slots.
char *Slots::inRegion(int32_t stage, Address address) const {
  return shared->region(replica, stage) + (address - device.slotAt(stage, 0));
}

void Slots::prepare(int32_t function, int64_t number, int64_t place, const sluice_step &step) {
  int32_t stage = program.functions[function].stage;
  Slot &slot = slots[stage][number];
  const FunctionFacts &facts = functions[function];
  // The step updates, unless the card decides otherwise.
  sluice_step sent = step;
  int32_t open = 1;
  std::memcpy(reinterpret_cast<char *>(&sent) + SLUICE_STEP_UPDATE_GATE, &open, sizeof(open));
  Address at = device.slotAt(stage, number);
  if (shared && shared->step().isOpen()) {
    // The first to ask is of the micro-batch, whose keys these are; an action of none, as an update is, reads scalars.
    if (!facts.readsStep || slot.step)
      return;
    slot.step = step;
    std::memcpy(inRegion(stage, at), &sent, sizeof(sent));
    return;
  }
  // Of a step its keys and scalars alone are read.
  constexpr size_t kRead = offsetof(sluice_step, inputs);
  if (facts.readsStep && (!slot.step || std::memcmp(&*slot.step, &step, kRead) != 0)) {
    slot.step = step;
    device.streamOf(stage).upload(at, sent);
  }
  // Numbers of loadings of one place differ, and places of a slot do.
  int64_t loading = loadings[place] * static_cast<int64_t>(loadings.size()) + place;
  if (!facts.readsInputs || slot.inputs == loading)
    return;
  slot.inputs = loading;
  for (uint32_t i = 0; i < stageInputs[stage]; ++i)
    device.streamOf(stage).upload(device.inputAt(stage, number, i), static_cast<const void *>(hostInput(place, i)),
                                  inputStride(program) * int64_t(sizeof(int32_t)));
}

void Slots::addInputs() {
  for (uint32_t i = 0; i < program.stage_count; ++i) {
    auto stage = static_cast<int32_t>(i);
    for (int64_t place = 0; place < microBatchesKept(program); ++place)
      for (uint32_t input = 0; input < stageInputs[i]; ++input)
        std::memcpy(inRegion(stage, device.inputAt(stage, place, input)), hostInput(place, input),
                    static_cast<size_t>(inputStride(program)) * sizeof(int32_t));
  }
}

void Slots::forget() {
  for (std::vector<Slot> &ofStage : slots)
    for (Slot &slot : ofStage)
      slot = {};
}
