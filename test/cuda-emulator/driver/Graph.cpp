//===- Graph.cpp - Work that is captured, and run again -----------------------------------===//
#include "test/cuda-emulator/driver/Graph.h"

using namespace sluice::emulator;

Handles<Graph> &sluice::emulator::graphs() {
  static Handles<Graph> &all = *new Handles<Graph>();
  return all;
}

Handles<GraphExec> &sluice::emulator::graphExecs() {
  static Handles<GraphExec> &all = *new Handles<GraphExec>();
  return all;
}

u64 sluice::emulator::issue(Context &context, Stream *stream, const Prepare &prepare) {
  if (stream && stream->capture) {
    CapturePlace &place = *stream->capture;
    place.capture->nodes.push_back({prepare, place.last, place.branch});
    place.last = {int(place.capture->nodes.size()) - 1};
    return 0;
  }
  if (stream)
    return stream->submit(prepare());
  synchronize(context, true);
  if (context.status == Success)
    prepare()(hostMoment());
  return 0;
}

void sluice::emulator::beginCapture(Stream &stream) {
  auto place = std::make_shared<CapturePlace>();
  place->capture = std::make_shared<Capture>();
  place->branch = place->capture->branches++;
  place->isOrigin = true;
  stream.capture = std::move(place);
}

void sluice::emulator::joinCapture(Stream &stream, const CapturePlace &from) {
  if (!stream.capture) {
    stream.capture = std::make_shared<CapturePlace>();
    stream.capture->capture = from.capture;
    stream.capture->branch = from.capture->branches++;
    from.capture->joined.push_back(stream.weak_from_this());
  }
  std::vector<int> &last = stream.capture->last;
  last.insert(last.end(), from.last.begin(), from.last.end());
}

/// Whether every node happens before one of the last ones.
static bool areAllBefore(const std::vector<Node> &nodes, const std::vector<int> &last) {
  std::vector<bool> isBefore(nodes.size());
  for (int node : last)
    isBefore[node] = true;
  for (size_t i = nodes.size(); i-- > 0;)
    for (int earlier : isBefore[i] ? nodes[i].after : std::vector<int>())
      isBefore[earlier] = true;
  return std::find(isBefore.begin(), isBefore.end(), false) == isBefore.end();
}

std::shared_ptr<Graph> sluice::emulator::endCapture(Stream &stream) {
  std::shared_ptr<CapturePlace> place = std::move(stream.capture);
  stream.capture = nullptr;
  for (const std::weak_ptr<Stream> &weak : place->capture->joined)
    if (auto joined = weak.lock())
      joined->capture = nullptr;
  if (!areAllBefore(place->capture->nodes, place->last))
    throw Fault{CaptureUnjoined, "a capture ended while the work of another stream was not joined: an event and a wait "
                                 "are missing"};
  auto graph = std::make_shared<Graph>();
  graph->capture = place->capture;
  return graph;
}

std::shared_ptr<GraphExec> sluice::emulator::instantiate(const Graph &graph) {
  auto exec = std::make_shared<GraphExec>();
  exec->capture = graph.capture;
  for (int i = 0; i < graph.capture->branches; ++i)
    exec->timelines.push_back(newTimeline());
  return exec;
}

/// An order of the nodes that keeps what must be before: as captured, or by chance of the seed.
static std::vector<int> orderOf(const std::vector<Node> &nodes, u64 launchNumber) {
  std::vector<int> order, ready;
  std::vector<int> waiting(nodes.size());
  std::vector<std::vector<int>> later(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    waiting[i] = int(nodes[i].after.size());
    for (int earlier : nodes[i].after)
      later[earlier].push_back(int(i));
    if (!waiting[i])
      ready.push_back(int(i));
  }
  Random random(settings().seed * 104729 + launchNumber);
  while (!ready.empty()) {
    auto next = settings().seed ? ready.begin() + random.below(u32(ready.size()))
                                : std::min_element(ready.begin(), ready.end());
    int node = *next;
    ready.erase(next);
    order.push_back(node);
    for (int after : later[node])
      if (--waiting[after] == 0)
        ready.push_back(after);
  }
  return order;
}

static void runNodes(GraphExec &exec, Context &context, const std::vector<Work> &works, Clock &clock) {
  std::lock_guard<std::mutex> lock(exec.mutex);
  const std::vector<Node> &nodes = exec.capture->nodes;
  clock.join(exec.clock);
  const Clock start = clock;
  std::vector<Clock> clocks(nodes.size());
  for (int node : orderOf(nodes, exec.launches++)) {
    if (context.status != Success)
      return;
    Clock &mine = clocks[node];
    mine = start;
    for (int earlier : nodes[node].after)
      mine.join(clocks[earlier]);
    // Branches count on over the whole launch, even where their nodes do not follow each other.
    u64 timeline = exec.timelines[nodes[node].branch];
    u64 time = clock.of(timeline) + 1;
    mine.set(timeline, time);
    clock.set(timeline, time);
    works[node]({timeline, time, mine});
  }
  exec.clock = clock;
}

void sluice::emulator::launch(GraphExec &exec, Stream &stream) {
  std::vector<Work> works;
  for (const Node &node : exec.capture->nodes)
    works.push_back(node.prepare());
  auto shared = graphExecs().find(&exec);
  Context &context = stream.context;
  stream.submitOrdering([shared, &context, works = std::move(works)](Clock &clock) {
    try {
      runNodes(*shared, context, works, clock);
    } catch (const Fault &fault) {
      fail(context, fault);
    }
  });
}
