//===- WholeStep.cpp - A step as one launch -------------------------------===//

#include "runtime/cuda/WholeStep.h"
#include "runtime/Error.h"
#include "runtime/cuda/Layout.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

using namespace sluice::cuda;
using sluice::runtime::Clock;
using sluice::runtime::RunError;

static constexpr int64_t kMarkBytes = sizeof(uint64_t);

static void reserve(std::optional<CardMemory> &memory, const Card &card, int64_t bytes) {
  memory.reset();
  if (bytes > 0)
    memory.emplace(card, bytes);
}

WholeStep::Strand::Strand(Stream &stream, const Kernels &kernels, int64_t markCount)
    : stream(stream), kernels(kernels), isReached(stream.card) {
  if (markCount > 0)
    marks.emplace(stream.card, markCount * kMarkBytes);
}

WholeStep::WholeStep(const sluice_binary &program, std::shared_ptr<Machine> cards, std::vector<Region> allRegions,
                     PerformFunction function)
    : machine(std::move(cards)), regions(std::move(allRegions)), perform(std::move(function)),
      works(program.device_count) {
  for (uint32_t i = 0; i < program.device_count; ++i) {
    // One before the actions up to the update, one before the others, and one behind each.
    int64_t marks = program.device_count > 1 ? program.devices[i].action_count + 2 : 0;
    auto device = static_cast<int32_t>(i);
    strands.emplace_back(machine->stream(device), machine->kernelsOf(cardOf(device, machine->count())), marks);
  }
  int64_t bytes = 0;
  for (Region &region : regions) {
    region.offset = bytes;
    bytes += region.bytes;
  }
  for (int i = 0; i < 2; ++i)
    turns.emplace_back(strands.front().stream.card, bytes, strands.size());
}

WholeStep::~WholeStep() {
  for (const Strand &strand : strands)
    strand.stream.drain();
}

void WholeStep::begin() {
  ++edgeCount;
  works.clear();
  Turn &mine = turns[turn()];
  for (size_t device = 0; device < strands.size(); ++device) {
    mine.readings[device].clear();
    mine.times[device].clear();
  }
}

void WholeStep::read(int32_t device, void *to, Address from, int64_t bytes) {
  std::vector<Reading> &readings = turns[turn()].readings[device];
  int64_t offset = readings.empty() ? 0 : readings.back().offset + Gather::room(readings.back().bytes);
  readings.push_back({to, offset, bytes});
  add(device, Work::read(from, bytes));
}

int64_t WholeStep::mark(int32_t device) {
  std::vector<uint64_t> &times = turns[turn()].times[device];
  auto number = static_cast<int64_t>(times.size());
  times.push_back(0);
  add(device, Work::launch(OwnKernel::Mark, SLUICE_F64,
                           {strands[device].marks->address() + static_cast<Address>(number * kMarkBytes)}));
  auto devices = static_cast<int64_t>(strands.size());
  return (number * devices + device) * 2 + static_cast<int64_t>(turn());
}

Clock::time_point WholeStep::whenDone(int64_t mark) const {
  auto devices = static_cast<int64_t>(strands.size());
  uint64_t time = turns[mark % 2].times[mark / 2 % devices][mark / 2 / devices];
  return Clock::time_point(std::chrono::duration_cast<Clock::duration>(std::chrono::nanoseconds(time)));
}

/// Where what is read of each device goes among all results.
void WholeStep::placeResults(Turn &of) {
  of.offsets.assign(1, 0);
  for (const std::vector<Reading> &readings : of.readings)
    of.offsets.push_back(of.offsets.back() +
                         (readings.empty() ? 0 : readings.back().offset + Gather::room(readings.back().bytes)));
}

/// For the works of the step at hand.
void WholeStep::prepare(const Turn &of) {
  // Steps before may be at it.
  for (Strand &strand : strands)
    strand.stream.finish();
  graph.reset();
  const Card &first = strands.front().stream.card;
  reserve(results, first, of.offsets.back());
  for (size_t device = 0; device < strands.size(); ++device) {
    Strand &strand = strands[device];
    int64_t bytes = of.offsets[device + 1] - of.offsets[device];
    strand.gather.reset();
    reserve(strand.results, strand.stream.card, &strand.stream.card == &first ? 0 : bytes);
    if (bytes == 0)
      continue;
    std::vector<Part> parts;
    for (const Work &work : works.byDevice()[device])
      if (work.kind == Work::Kind::Read)
        parts.push_back({work.from, work.count});
    Address into =
        strand.results ? strand.results->address() : results->address() + static_cast<Address>(of.offsets[device]);
    // What lies between parts is copied to the host too.
    strand.stream.clear(into, bytes);
    strand.gather.emplace(strand.kernels, strand.stream, parts, into);
  }
  recorded = works.byDevice();
}

/// What a device is asked for from here on is behind what another was asked for.
void WholeStep::order(const Strand &behind, const Strand &before) {
  if (&behind == &before)
    return;
  before.stream.record(before.isReached);
  behind.stream.wait(before.isReached);
}

void WholeStep::performAll(const Turn &of) const {
  const Strand &first = strands.front();
  for (const Strand &strand : strands)
    order(strand, first);
  std::vector<uint32_t> parts(strands.size());
  works.forEach([&](int32_t device, size_t number) {
    const std::vector<Work> &mine = works.byDevice()[device];
    if (mine[number].kind != Work::Kind::Read)
      return perform(device, mine[number]);
    // What follows each other is gathered by one launch.
    if (number > 0 && mine[number - 1].kind == Work::Kind::Read)
      return;
    size_t end = number;
    while (end < mine.size() && mine[end].kind == Work::Kind::Read)
      ++end;
    auto count = static_cast<uint32_t>(end - number);
    strands[device].gather->run(parts[device], count);
    parts[device] += count;
  });
  for (size_t device = 0; device < strands.size(); ++device) {
    const Strand &strand = strands[device];
    if (strand.results)
      perform(static_cast<int32_t>(device),
              Work::copy(results->address() + static_cast<Address>(of.offsets[device]), first.stream.card,
                         strand.results->address(), of.offsets[device + 1] - of.offsets[device]));
    order(first, strand);
  }
}

void WholeStep::launch(Turn &mine, bool asGraph) {
  if (works.byDevice() != recorded)
    prepare(mine);
  Stream &first = strands.front().stream;
  // For both at once, before a kernel can fail, which would be told of as a failure of this.
  for (Turn &turn : turns)
    if (!turn.results || (&turn == &mine && turn.results->size() < mine.offsets.back()))
      turn.results.emplace(first.card, std::max<int64_t>(mine.offsets.back(), 1));
  for (const Region &region : regions)
    strands[region.device].stream.upload(region.address, static_cast<const void *>(mine.regions.data() + region.offset),
                                         region.bytes);
  for (const Strand &strand : strands)
    order(strands.front(), strand);
  if (!asGraph)
    performAll(mine);
  else if (!graph)
    graph.emplace(first, "the graph of a step", [&] { performAll(mine); });
  if (asGraph)
    graph->launch();
  for (const Strand &strand : strands)
    if (strand.stream.hasFailed())
      throw RunError(machine->failure().get());
  if (results)
    first.downloadPinned(mine.results->data(), results->address(), mine.offsets.back());
  first.record(mine.isDone);
  for (const Strand &strand : strands)
    if (&strand.stream != &first)
      strand.stream.wait(mine.isDone);
}

void WholeStep::end(bool asGraph) {
  Turn &mine = turns[turn()];
  for (size_t device = 0; device < strands.size(); ++device)
    if (std::vector<uint64_t> &times = mine.times[device]; !times.empty())
      read(static_cast<int32_t>(device), times.data(), strands[device].marks->address(),
           static_cast<int64_t>(times.size()) * kMarkBytes);
  ++edgeCount;
  placeResults(mine);
  strands.front().stream.attempt([&] { launch(mine, asGraph); });
  ++ended;
}

void WholeStep::finishReads() {
  Turn &done = turns[finished++ % 2];
  Stream &first = strands.front().stream;
  first.finish(done.isDone);
  for (size_t device = 0; device < strands.size() && !first.hasFailed(); ++device)
    for (const Reading &reading : done.readings[device])
      std::memcpy(reading.to, done.results->data() + done.offsets[device] + reading.offset,
                  static_cast<size_t>(reading.bytes));
}

void WholeStep::takeBack() {
  for (const Strand &strand : strands)
    strand.stream.finish();
  ended = --finished;
}
