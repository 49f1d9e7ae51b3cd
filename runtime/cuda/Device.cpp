//===- Device.cpp - GPUs as a device of the engine ------------------------===//

#include "runtime/cuda/Device.h"
#include "runtime/Tensors.h"
#include "runtime/cuda/Messages.h"

#include <cstring>
#include <utility>

using namespace sluice::cuda;
using namespace sluice::runtime;

CudaDevice::Worker::Worker(const sluice_binary &program, Machine &machine, int32_t device)
    : card(cardOf(device, machine.count())), stream(machine.stream(device)),
      launcher(program, machine.kernelsOf(card), stream) {}

CudaDevice::Block::Block(const sluice_binary &program, const Machine &machine, int32_t replica, int card)
    : layout(program, replica, card, machine.count()), memory(machine.card(card), layout.total()) {}

CudaDevice::CudaDevice(const sluice_binary &program, std::shared_ptr<Machine> cards, int32_t replica, unsigned threads)
    : Device(program), machine(std::move(cards)), firstDevice(replica * devicesOfReplica(program)),
      shown(program.parameter_bytes), shownPersistent(program.persistent_bytes), pool(threads, 0),
      blocks(static_cast<size_t>(machine->count())) {
  for (int32_t device = firstDevice; device < firstDevice + devicesOfReplica(program); ++device) {
    const Worker &worker = workers.emplace_back(program, *machine, device);
    std::unique_ptr<Block> &block = blocks[worker.card];
    if (block)
      continue;
    block = std::make_unique<Block>(program, *machine, replica, worker.card);
    // Optimizer state is zero at the first step. What else there is functions write before they read it, but a
    // checkpoint of what is under way has all of it.
    worker.stream.clear(block->memory.address(),
                        mostDelay(program) > 0 ? block->layout.total() : block->layout.shared());
    worker.stream.finish();
  }
  stepSlots.emplace(program, replica, *this, machine->card(0));
  if (mostDelay(program) > 0)
    lateMemory = std::make_unique<CudaLateMemory>(program, replica, *this);
}

CudaDevice::~CudaDevice() {
  // Of a step that all replicas share.
  for (const Worker &worker : workers)
    worker.stream.drain();
}

Replicas CudaDevice::make(const sluice_binary &program, unsigned threads, bool isSynchronous) {
  auto machine = std::make_shared<Machine>(program, isSynchronous);
  Replicas replicas;
  std::vector<CudaDevice *> devices;
  for (int32_t replica = 0; replica < program.replicas; ++replica) {
    auto device = std::unique_ptr<CudaDevice>(new CudaDevice(program, machine, replica, threads));
    devices.push_back(device.get());
    replicas.push_back(std::move(device));
  }
  if (!cuda::decides(program) || !machine->hasPeers())
    return replicas;
  auto shared = std::make_shared<SharedStep>(program, machine, devices);
  for (CudaDevice *device : devices) {
    device->shared = shared;
    device->slots().share(*shared);
  }
  return replicas;
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
    return shared->step().read(deviceOfStage(stage), shownPersistent.data() + offset, persistentAt(stage, offset),
                               bytes);
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

int32_t *CudaDevice::input(int64_t microBatch, uint32_t input) { return stepSlots->input(placeOf(microBatch), input); }

/// The number of a micro-batch's slot in its stage.
int64_t CudaDevice::slotOf(int32_t stage, int64_t microBatch) const {
  return cuda::decides(program) ? placeOf(microBatch) : frameOf(stage, microBatch);
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
    return shared->step().read(deviceOfStage(stage), into, frameAt(stage, microBatch) + static_cast<Address>(offset),
                               bytes);
  streamOf(stage).download(into, frameAt(stage, microBatch) + offset, bytes);
}

void CudaDevice::clearGradients(int32_t stage, int32_t buffer) {
  if (int64_t bytes = program.stages[stage].gradient_bytes; bytes > 0)
    ask(stage, Work::clear(gradientsAt(stage, buffer), bytes));
}

void CudaDevice::combine(int32_t stage, int32_t into, int32_t from) {
  const sluice_stage &facts = program.stages[stage];
  Address sums = gradientsAt(stage, into), terms = gradientsAt(stage, from);
  int64_t floats = facts.count_offset - facts.gradient_offset;
  ask(stage, Work::add(sums, terms, floats / elementBytes(static_cast<sluice_element>(facts.element)), facts.element));
  ask(stage,
      Work::add(sums + floats, terms + floats, (facts.gradient_bytes - floats) / int64_t(sizeof(double)), SLUICE_F64));
}

void CudaDevice::watch(int32_t stage, int64_t microBatch, const sluice_tensor &value) {
  shared->watch(program.devices[firstDevice].replica, frameAt(stage, microBatch) + static_cast<Address>(value.offset),
                value.element);
}

void CudaDevice::ask(int32_t stage, const Work &work) {
  if (isStepOpen())
    shared->step().add(deviceOfStage(stage), work);
  else
    perform(deviceOfStage(stage), work, /*isOfWhole=*/false);
}

bool CudaDevice::launchesKernels() const {
  return workers.front().stream.isSynchronous() || workers.front().launcher.timesKernels();
}

void CudaDevice::copy(Worker &worker, const Work &work, bool isOfWhole) {
  if (work.card == &worker.stream.card)
    worker.stream.copy(work.into, work.from, work.count);
  else if (isOfWhole)
    worker.launcher.copyToPeer(work.into, work.from, work.count);
  else
    worker.stream.copy(work.into, *work.card, work.from, work.count);
}

void CudaDevice::perform(int32_t device, const Work &work, bool isOfWhole) {
  Worker &worker = workers[device - firstDevice];
  auto addressOfOperand = [&](const sluice_operand &operand) { return addressOf(work.call, operand); };
  switch (work.kind) {
  case Work::Kind::Clear:
    return worker.stream.clear(work.into, work.count);
  case Work::Kind::Copy:
    return copy(worker, work, isOfWhole);
  case Work::Kind::Add:
    return worker.launcher.add(work.into, work.from, work.count, work.element);
  case Work::Kind::Call:
    return isOfWhole ? worker.launcher.launchAll(work.call, addressOfOperand, work.microBatch)
                     : worker.launcher.call(work.call, addressOfOperand, work.microBatch);
  case Work::Kind::Own:
    return worker.launcher.launchOne(work.own, work.element, work.parameters);
  case Work::Kind::Signal:
    return worker.stream.record(*work.event);
  case Work::Kind::Await:
    return worker.stream.wait(*work.event);
  case Work::Kind::Read:
    return; // the whole step gathers them
  }
}

Address CudaDevice::addressOf(const Call &call, const sluice_operand &operand) const {
  int32_t stage = program.functions[call.function].stage;
  const sluice_stage &facts = program.stages[stage];
  Address base = baseOf(stage);
  const Layout &layout = layoutOf(stage);
  switch (operand.space) {
  case SLUICE_SPACE_STEP:
    return slotAt(stage, call.slot) + static_cast<Address>(operand.offset);
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
    return inputAt(stage, call.slot, operand.space - SLUICE_SPACE_INPUT) + static_cast<Address>(operand.offset);
  }
}

void CudaDevice::call(int32_t function, int64_t microBatch, int32_t buffer, int64_t count, sluice_step &step) {
  int32_t stage = program.functions[function].stage;
  int64_t slot = slotOf(stage, microBatch);
  stepSlots->prepare(function, slot, placeOf(microBatch), step);
  bool isInPlace = program.stages[stage].predicts && count == kNewest;
  Work work = {Work::Kind::Call};
  work.call = {function, frameOf(stage, microBatch), slot,
               buffer,   versionOf(stage, count),    isInPlace ? -1 : versionOf(stage, updates(stage) + 1)};
  work.microBatch = microBatch;
  ask(stage, work);
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
  // Those of a whole step are negative.
  if (isStepOpen())
    return -1 - shared->step().mark(deviceOfStage(stage));
  // The worker in the low digits.
  auto count = static_cast<int64_t>(workers.size());
  return streamOf(stage).mark() * count + program.stages[stage].device;
}

Clock::time_point CudaDevice::whenDone(int64_t mark) const {
  if (mark < 0)
    return shared->step().whenDone(-1 - mark);
  auto count = static_cast<int64_t>(workers.size());
  return workers[mark % count].stream.whenDone(mark / count);
}

void CudaDevice::check() {
  for (const Worker &worker : workers)
    if (worker.stream.hasFailed())
      throw RunError(machine->failure().get());
}
