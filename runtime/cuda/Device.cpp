//===- Device.cpp - GPUs as a device of the engine ------------------------===//

#include "runtime/cuda/Device.h"
#include "runtime/Tensors.h"
#include "runtime/cuda/Messages.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

using namespace sluice::cuda;
using namespace sluice::runtime;

CudaDevice::Worker::Worker(const sluice_binary &program, Machine &machine, int card, bool isSynchronous)
    : card(card), stream(machine.card(card), machine.failure(), isSynchronous),
      launcher(program, machine.kernelsOf(card), stream) {}

CudaDevice::Block::Block(const sluice_binary &program, const Machine &machine, int32_t replica, int card)
    : layout(program, replica, card, machine.count()), memory(machine.card(card), layout.total()) {}

CudaDevice::CudaDevice(const sluice_binary &program, std::shared_ptr<Machine> cards, int32_t replica, unsigned threads,
                       bool isSynchronous)
    : Device(program), machine(std::move(cards)), shown(program.parameter_bytes),
      shownPersistent(program.persistent_bytes), pool(threads, 0), blocks(static_cast<size_t>(machine->count())),
      slots(program.stage_count), functions(program.function_count),
      loadings(static_cast<size_t>(withEvaluated(program, microBatchesKept(program)))) {
  int32_t first = replica * devicesOfReplica(program);
  for (int32_t device = first; device < first + devicesOfReplica(program); ++device) {
    int card = cardOf(device, machine->count());
    Stream &stream = workers.emplace_back(program, *machine, card, isSynchronous).stream;
    if (blocks[card])
      continue;
    blocks[card] = std::make_unique<Block>(program, *machine, replica, card);
    // Optimizer state is zero at the first step. What else there is functions write before they read it, but a
    // checkpoint of what is under way has all of it.
    const Layout &layout = blocks[card]->layout;
    stream.clear(blocks[card]->memory.address(), mostDelay(program) > 0 ? layout.total() : layout.shared());
    stream.finish();
  }
  for (uint32_t i = 0; i < program.stage_count; ++i)
    if (auto stage = static_cast<int32_t>(i); blocks[cardOfStage(stage)])
      slots[i].resize(static_cast<size_t>(layoutOf(stage).slotCount(stage)));
  if (mostDelay(program) > 0)
    lateMemory = std::make_unique<CudaLateMemory>(program, replica, *this);
  if (cuda::decides(program))
    makeWhole();
  else
    inputs.emplace(machine->card(0), inputBytes(program));
  for (uint32_t stage = 0; stage < program.stage_count; ++stage)
    stageInputs.push_back(inputsOf(program, static_cast<int32_t>(stage)));
  for (uint32_t i = 0; i < program.function_count; ++i)
    for (uint32_t l = 0; l < program.functions[i].launch_count; ++l) {
      const sluice_launch &launch = program.launches[program.functions[i].first_launch + l];
      for (uint32_t o = 0; o < launch.operand_count; ++o) {
        uint32_t space = program.operands[launch.first_operand + o].space;
        functions[i].readsStep |= space == SLUICE_SPACE_STEP;
        if (space >= SLUICE_SPACE_INPUT)
          functions[i].inputs = std::max(functions[i].inputs, space - SLUICE_SPACE_INPUT + 1);
      }
    }
}

/// Of a program with one stage.
void CudaDevice::makeWhole() {
  const Kernels &kernels = machine->kernelsOf(workers.front().card);
  Stream &stream = workers.front().stream;
  const Layout &layout = layoutOf(0);
  whole = std::make_unique<Whole>(program, kernels, stream, baseOf(0) + layout.step(0, 0), layout.slotBytes(0),
                                  [this](const Work &work) { perform(work); });
}

Address CudaDevice::weightsAt(int32_t stage, int64_t version, int64_t offset) const {
  const Layout &layout = layoutOf(stage);
  return baseOf(stage) + static_cast<Address>(version < 0 ? layout.parameter(offset)
                                                          : layout.version(stage, version) + offset -
                                                                program.stages[stage].weights_offset);
}

char *CudaDevice::shownWeights(int32_t stage, int64_t version) const {
  return version < 0 ? shown.data() : lateMemory->version(stage, version) - program.stages[stage].weights_offset;
}

/// The newest version.
Address CudaDevice::parameterAt(const sluice_parameter &parameter) const {
  int64_t version = parameter.in_place ? -1 : versionOf(parameter.stage, kNewest);
  return weightsAt(parameter.stage, version, parameter.tensor.offset);
}

char *CudaDevice::parameter(const sluice_parameter &parameter) const {
  int64_t version = parameter.in_place ? -1 : versionOf(parameter.stage, kNewest);
  return shownWeights(parameter.stage, version) + parameter.tensor.offset;
}

void CudaDevice::fetchParameter(const sluice_parameter &fetched) {
  streamOf(fetched.stage).download(parameter(fetched), parameterAt(fetched), fetched.tensor.bytes);
  finish(fetched.stage);
  check();
}

void CudaDevice::readPersistent(int32_t stage, int64_t offset, int64_t bytes) {
  if (isStepOpen())
    return whole->step.read(shownPersistent.data() + offset, stage, persistentAt(stage, offset), bytes);
  streamOf(stage).download(shownPersistent.data() + offset, persistentAt(stage, offset), bytes);
}

void CudaDevice::fetchPersistent(int32_t stage, int64_t offset, int64_t bytes) {
  readPersistent(stage, offset, bytes);
  finish(stage);
  check();
}

void CudaDevice::storeParameter(const sluice_parameter &stored, const char *from) {
  if (char *to = parameter(stored); to != from)
    std::memcpy(to, from, static_cast<size_t>(stored.tensor.bytes));
  streamOf(stored.stage).upload(parameterAt(stored), static_cast<const void *>(from), stored.tensor.bytes);
  finish(stored.stage);
  check();
}

void CudaDevice::storePersistent(int32_t stage, int64_t offset, int64_t bytes, const char *from) {
  if (shownPersistent.data() + offset != from)
    std::memcpy(shownPersistent.data() + offset, from, static_cast<size_t>(bytes));
  streamOf(stage).upload(persistentAt(stage, offset), static_cast<const void *>(from), bytes);
  finish(stage);
  check();
}

/// Of a micro-batch in the next step that the card does as a whole: as it will lie there.
char *CudaDevice::stepToCome(int64_t slot) const {
  return whole->step.inputs() + (layoutOf(0).step(0, slot) - layoutOf(0).step(0, 0));
}

char *CudaDevice::hostInput(int64_t place, uint32_t input) const {
  if (whole)
    return stepToCome(place) + (layoutOf(0).input(0, place, input) - layoutOf(0).step(0, place));
  return inputs->data() + inputStride(program) * (place * SLUICE_MAX_INPUTS + input) * int64_t(sizeof(int32_t));
}

int32_t *CudaDevice::input(int64_t microBatch, uint32_t input) {
  int64_t place = placeOf(microBatch);
  ++loadings[place];
  return reinterpret_cast<int32_t *>(hostInput(place, input));
}

int64_t CudaDevice::slotOf(int32_t stage, int64_t microBatch) const {
  return whole ? placeOf(microBatch) : frameOf(stage, microBatch);
}

Address CudaDevice::frameAt(int32_t stage, int64_t microBatch) const {
  return baseOf(stage) + layoutOf(stage).frame(stage, frameOf(stage, microBatch));
}

Address CudaDevice::messageAt(int32_t channel, uint32_t place) const {
  const sluice_channel &facts = program.channels[channel];
  const Block &block = *blocks[workers[facts.to % devicesOfReplica(program)].card];
  return block.memory.address() + block.layout.message(channel, place);
}

void CudaDevice::readFrame(int32_t stage, int64_t microBatch, int64_t offset, int64_t bytes, void *into) {
  if (isStepOpen())
    return whole->step.read(into, stage, frameAt(stage, microBatch) + static_cast<Address>(offset), bytes);
  streamOf(stage).download(into, frameAt(stage, microBatch) + offset, bytes);
}

void CudaDevice::clearGradients(int32_t stage, int32_t buffer) {
  if (int64_t bytes = program.stages[stage].gradient_bytes; bytes > 0)
    ask({Work::Kind::Clear, stage, gradientsAt(stage, buffer), 0, bytes});
}

void CudaDevice::combine(int32_t stage, int32_t into, int32_t from) {
  const sluice_stage &facts = program.stages[stage];
  Address sums = gradientsAt(stage, into), terms = gradientsAt(stage, from);
  int64_t floats = facts.count_offset - facts.gradient_offset;
  ask({Work::Kind::Add, stage, sums, terms, floats / elementBytes(static_cast<sluice_element>(facts.element)),
       facts.element});
  ask({Work::Kind::Add, stage, sums + floats, terms + floats, (facts.gradient_bytes - floats) / int64_t(sizeof(double)),
       SLUICE_F64});
}

void CudaDevice::ask(const Work &work) {
  if (isStepOpen())
    whole->step.add(work);
  else
    perform(work);
}

void CudaDevice::perform(const Work &work) {
  Worker &worker = workers[program.stages[work.stage].device];
  auto normsAt = [&](int64_t offset) { return offset < 0 ? 0 : persistentAt(work.stage, offset); };
  switch (work.kind) {
  case Work::Kind::Clear:
    return worker.stream.clear(work.into, work.count);
  case Work::Kind::Add:
    return worker.launcher.add(work.into, work.from, work.count, work.element);
  case Work::Kind::Call:
    return worker.launcher.call(
        work.call, [&](const sluice_operand &operand) { return addressOf(work.stage, work.call, operand); },
        work.microBatch);
  case Work::Kind::Watch:
    return whole->decision.watch(work.from, work.element);
  case Work::Kind::Decide:
    // Actions of no micro-batch, as updates are, read the step of the first.
    return whole->decision.run(normsAt(program.norms_offset), normsAt(program.unclipped_norms_offset),
                               baseOf(work.stage) + layoutOf(work.stage).step(work.stage, 0), work.count,
                               baseOf(work.stage) + layoutOf(work.stage).rule(work.stage));
  case Work::Kind::Read:
    return; // the whole step gathers them
  }
}

/// Copies what a function reads beside its frame, unless it is there.
void CudaDevice::prepareSlot(int32_t function, int64_t microBatch, const sluice_step &step) {
  int32_t stage = program.functions[function].stage;
  int64_t number = slotOf(stage, microBatch), place = placeOf(microBatch);
  Slot &slot = slots[stage][number];
  const FunctionFacts &facts = functions[function];
  // The step updates, unless the card decides otherwise.
  sluice_step sent = step;
  int32_t open = 1;
  std::memcpy(reinterpret_cast<char *>(&sent) + SLUICE_STEP_UPDATE_GATE, &open, sizeof(open));
  if (isStepOpen()) {
    if (facts.readsStep)
      std::memcpy(stepToCome(number), &sent, sizeof(sent));
    return;
  }
  // Of a step its keys and scalars alone are read.
  constexpr size_t kRead = offsetof(sluice_step, inputs);
  if (facts.readsStep && (!slot.step || std::memcmp(&*slot.step, &step, kRead) != 0)) {
    slot.step = step;
    streamOf(stage).upload(baseOf(stage) + layoutOf(stage).step(stage, number), sent);
  }
  // Numbers of loadings of one place differ, and places of a slot do.
  int64_t loading = loadings[place] * static_cast<int64_t>(loadings.size()) + place;
  if (facts.inputs == 0 || slot.inputs == loading)
    return;
  slot.inputs = loading;
  for (uint32_t i = 0; i < stageInputs[stage]; ++i)
    streamOf(stage).upload(baseOf(stage) + layoutOf(stage).input(stage, number, i),
                           static_cast<const void *>(hostInput(place, i)),
                           inputStride(program) * int64_t(sizeof(int32_t)));
}

void CudaDevice::watch(int32_t stage, int64_t microBatch, const sluice_tensor &value) {
  ask({Work::Kind::Watch, stage, 0, frameAt(stage, microBatch) + static_cast<Address>(value.offset), 0, value.element});
}

void CudaDevice::decide(const UpdateRule &rule) {
  std::memcpy(stepToCome(layoutOf(0).slotCount(0)), &rule, sizeof(rule));
  ask({Work::Kind::Decide, 0, 0, 0, rule.clipScale});
}

void CudaDevice::endWhole() {
  whole->step.end(/*asGraph=*/!workers.front().stream.isSynchronous() && !workers.front().launcher.timesKernels());
  forgetSlots();
}

void CudaDevice::takeBack() {
  whole->step.takeBack();
  whole->decision.goOn();
  forgetSlots();
}

Address CudaDevice::addressOf(int32_t stage, const Call &call, const sluice_operand &operand) const {
  const sluice_stage &facts = program.stages[stage];
  Address base = baseOf(stage);
  const Layout &layout = layoutOf(stage);
  switch (operand.space) {
  case SLUICE_SPACE_STEP:
    return base + layout.step(stage, call.slot) + static_cast<Address>(operand.offset);
  case SLUICE_SPACE_WEIGHTS:
    return weightsAt(stage, call.weights, operand.offset);
  case SLUICE_SPACE_NEXT_WEIGHTS:
    return weightsAt(stage, call.nextWeights, operand.offset);
  case SLUICE_SPACE_IN_PLACE:
    return weightsAt(stage, -1, operand.offset);
  case SLUICE_SPACE_PERSISTENT:
    // Backward touches nothing of the persistent block but the gradients: these lie in the buffer at their offsets.
    return call.buffer == 0
               ? persistentAt(stage, operand.offset)
               : gradientsAt(stage, call.buffer) + static_cast<Address>(operand.offset - facts.gradient_offset);
  case SLUICE_SPACE_FRAME:
    return base + layout.frame(stage, call.frame) + static_cast<Address>(operand.offset);
  case SLUICE_SPACE_SCRATCH:
    return base + layout.scratch(stage) + static_cast<Address>(operand.offset);
  default:
    return base + layout.input(stage, call.slot, operand.space - SLUICE_SPACE_INPUT) +
           static_cast<Address>(operand.offset);
  }
}

void CudaDevice::call(int32_t function, int64_t microBatch, int32_t buffer, int64_t count, sluice_step &step) {
  int32_t stage = program.functions[function].stage;
  prepareSlot(function, microBatch, step);
  bool isInPlace = program.stages[stage].predicts && count == kNewest;
  Work work = {Work::Kind::Call, stage};
  work.call = {function, frameOf(stage, microBatch), slotOf(stage, microBatch),
               buffer,   versionOf(stage, count),    isInPlace ? -1 : versionOf(stage, updates(stage) + 1)};
  work.microBatch = microBatch;
  ask(work);
}

void CudaDevice::update(int32_t stage, int32_t function, int32_t ahead, sluice_step &step) {
  const sluice_stage &facts = program.stages[stage];
  bool predicts = facts.predicts && facts.weights_bytes > 0;
  Address newest = predicts ? weightsAt(stage, -1, facts.weights_offset) : 0;
  Address next = predicts ? weightsAt(stage, versionOf(stage, updates(stage) + 1), facts.weights_offset) : 0;
  if (predicts)
    streamOf(stage).copy(next, newest, facts.weights_bytes);
  if (function >= 0)
    call(function, /*microBatch=*/0, /*buffer=*/0, kNewest, step);
  if (predicts)
    workers[facts.device].launcher.extrapolate(
        next, newest, facts.weights_bytes / elementBytes(static_cast<sluice_element>(facts.element)), facts.element,
        ahead);
  setUpdates(stage, updates(stage) + 1);
}

void CudaDevice::forgetSlots() {
  for (std::vector<Slot> &ofStage : slots)
    for (Slot &slot : ofStage)
      slot = {};
}

std::unique_ptr<Messages> CudaDevice::makeMessages(int32_t channel, Device &to) {
  return std::make_unique<CudaMessages>(program, channel, *this, static_cast<CudaDevice &>(to));
}

std::string CudaDevice::name() const {
  std::string text;
  for (int card = 0; card < machine->count(); ++card)
    if (blocks[card])
      text += (text.empty() ? "" : ", ") + machine->card(card).name();
  return text;
}

void CudaDevice::timeKernels(bool isTimed, std::vector<KernelTime> &sums) {
  for (Worker &worker : workers) {
    worker.stream.finish();
    worker.launcher.addTimes(sums);
    for (size_t kernel = 0; kernel < worker.times.size(); ++kernel) {
      sums[kernel].runs += worker.times[kernel].runs;
      sums[kernel].seconds += worker.times[kernel].seconds;
    }
    worker.times.assign(isTimed ? program.symbol_count : 0, {});
    worker.launcher.timeKernels(isTimed);
    worker.stream.forgetMarks();
  }
}

void CudaDevice::finish(int32_t stage) {
  Worker &worker = workers[program.stages[stage].device];
  worker.stream.finish();
  // Whoever forgets marks does so behind this.
  if (!worker.times.empty())
    worker.launcher.addTimes(worker.times);
}

int64_t CudaDevice::mark(int32_t stage) {
  // The worker in the low digits.
  auto count = static_cast<int64_t>(workers.size());
  return streamOf(stage).mark() * count + program.stages[stage].device;
}

Clock::time_point CudaDevice::whenDone(int64_t mark) const {
  auto count = static_cast<int64_t>(workers.size());
  return workers[mark % count].stream.whenDone(mark / count);
}

void CudaDevice::check() {
  for (const Worker &worker : workers)
    if (worker.stream.hasFailed())
      throw RunError(machine->failure().get());
}
