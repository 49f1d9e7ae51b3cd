//===- WholeStep.cpp - A step as one launch -------------------------------===//

#include "runtime/cuda/WholeStep.h"

#include <algorithm>
#include <cstring>
#include <utility>

using namespace sluice::cuda;

WholeStep::WholeStep(const Kernels &kernels, Stream &stream, Address inputs, int64_t inputBytes,
                     std::function<void(const Work &)> function)
    : kernels(kernels), stream(stream), inputsOnCard(inputs), perform(std::move(function)) {
  for (int i = 0; i < 2; ++i)
    turns.emplace_back(stream.card, inputBytes);
}

WholeStep::~WholeStep() {
  const Card &card = stream.card;
  if (card.driver.cuCtxSetCurrent(card.context()) == kSuccess)
    card.driver.cuStreamSynchronize(stream.get());
}

void WholeStep::begin() {
  open = true;
  works.clear();
  turns[ended % 2].readings.clear();
}

void WholeStep::read(void *to, int32_t stage, Address from, int64_t bytes) {
  std::vector<Reading> &readings = turns[ended % 2].readings;
  int64_t offset = readings.empty() ? 0 : readings.back().offset + Gather::room(readings.back().bytes);
  readings.push_back({to, offset, bytes});
  works.push_back({Work::Kind::Read, stage, 0, from, bytes});
}

/// For the works of the step at hand.
void WholeStep::prepare() {
  std::vector<Part> parts;
  for (const Work &work : works)
    if (work.kind == Work::Kind::Read)
      parts.push_back({work.from, work.count});
  // Steps before may be at it.
  stream.finish();
  graph.reset();
  gather.reset();
  if (!parts.empty())
    gather.emplace(kernels, stream, parts);
  recorded = works;
}

void WholeStep::performAll() const {
  uint32_t part = 0;
  for (auto work = works.begin(); work != works.end();) {
    if (work->kind != Work::Kind::Read) {
      perform(*work++);
      continue;
    }
    // What follows each other is gathered by one launch.
    auto end = std::find_if(work, works.end(), [](const Work &of) { return of.kind != Work::Kind::Read; });
    auto count = static_cast<uint32_t>(end - work);
    gather->run(part, count);
    part += count;
    work = end;
  }
}

void WholeStep::launch(Turn &mine, bool asGraph) {
  if (works != recorded)
    prepare();
  stream.upload(inputsOnCard, static_cast<const void *>(mine.inputs.data()), mine.inputs.size());
  if (!asGraph)
    performAll();
  else if (!graph)
    graph.emplace(stream, "the graph of a step", [this] { performAll(); });
  if (asGraph)
    graph->launch();
  if (gather) {
    if (!mine.results || mine.results->size() < gather->bytes())
      mine.results.emplace(stream.card, gather->bytes());
    stream.downloadPinned(mine.results->data(), gather->address(), gather->bytes());
  }
  stream.record(mine.isDone);
}

void WholeStep::end(bool asGraph) {
  open = false;
  stream.attempt([&] { launch(turns[ended % 2], asGraph); });
  ++ended;
}

void WholeStep::finishReads() {
  Turn &done = turns[finished++ % 2];
  stream.finish(done.isDone);
  for (const Reading &reading : done.readings)
    if (!stream.hasFailed())
      std::memcpy(reading.to, done.results->data() + reading.offset, static_cast<size_t>(reading.bytes));
}

void WholeStep::takeBack() {
  stream.finish();
  ended = --finished;
}
