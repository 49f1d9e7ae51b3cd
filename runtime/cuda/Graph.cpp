//===- Graph.cpp - Work that is launched as one ---------------------------===//

#include "runtime/cuda/Graph.h"

#include <utility>

using namespace sluice::cuda;

Graph::Graph(Stream &stream, std::string graphName, const std::function<void()> &work)
    : stream(stream), name(std::move(graphName)) {
  const Driver &driver = stream.card.driver;
  stream.attempt([&] {
    void *graph = stream.capture(name, work);
    int status = driver.cuGraphInstantiateWithFlags(&exec, graph, 0);
    driver.cuGraphDestroy(graph);
    stream.check(status, name);
  });
}

Graph::~Graph() {
  const Card &card = stream.card;
  if (exec && card.driver.cuCtxSetCurrent(card.context()) == kSuccess)
    card.driver.cuGraphExecDestroy(exec);
}

void Graph::launch() {
  stream.attempt([&] { stream.check(stream.card.driver.cuGraphLaunch(exec, stream.get()), name); });
}
