//===- Verify.cpp - The proof of a pipeline -------------------------------------------===//
#include "passes/Schedule/Verify.h"
#include "passes/Schedule/Ages.h"
#include "passes/Schedule/EventGraph.h"
#include "passes/Schedule/Frames.h"
#include "passes/Schedule/Sums.h"
#include <algorithm>

using namespace sluice::schedule;

/// From the ends of all nodes to the spans of a steady iteration, which starts at 0.
static Timeline makeTimeline(const Pipeline &pipeline, const EventGraph &graph, double period) {
  Timeline timeline;
  timeline.period = period;
  const std::vector<double> &ends = graph.ends();
  for (int device = 0; device < pipeline.devices(); ++device) {
    const std::vector<Action> &body = pipeline.programs[device].body;
    std::vector<Span> spans;
    for (int action = 0; action < int(body.size()); ++action) {
      int node = graph.node(device, action);
      auto [before, distance] = graph.before(node);
      double arrival = std::max(0.0, ends[before] - distance * period);
      bool waits = body[action].kind == ActionKind::Send || body[action].kind == ActionKind::Recv;
      bool reduces = body[action].kind == ActionKind::Reduce;
      double end = reduces ? ends[graph.barrier()] : ends[node];
      spans.push_back({waits || reduces ? std::min(arrival, end) : end - graph.costOf(node), end});
    }
    timeline.spans.push_back(std::move(spans));
  }
  return timeline;
}

/// Shares of the period that devices compute, and what is left of all of them.
static void measureBusy(const Pipeline &pipeline, const EventGraph &graph, Proof &proof) {
  double all = 0;
  for (int device = 0; device < pipeline.devices(); ++device) {
    const std::vector<Action> &body = pipeline.programs[device].body;
    double busy = 0;
    for (int action = 0; action < int(body.size()); ++action)
      if (body[action].kind != ActionKind::Send)
        busy += graph.costOf(graph.node(device, action));
    proof.busy.push_back(proof.period > 0 ? busy / proof.period : 0);
    all += proof.busy.back();
  }
  proof.bubble = proof.period > 0 ? 1 - all / pipeline.devices() : 0;
}

std::optional<Error> sluice::schedule::verify(const Pipeline &pipeline, const Costs &costs, Proof &proof) {
  proof = Proof();
  if (auto error = checkActions(pipeline))
    return error;
  if (!costs.stages.empty() && int(costs.stages.size()) != pipeline.stages)
    return Error{"expected costs of " + std::to_string(pipeline.stages) + " stages, found " +
                 std::to_string(costs.stages.size())};
  ProgramIndex index;
  if (auto error = buildIndex(pipeline, index))
    return error;
  if (auto error = checkAges(pipeline, index))
    return error;
  if (auto error = countFrames(pipeline, index, proof.frames))
    return error;
  EventGraph graph(pipeline, index, proof.frames, costs);
  if (auto error = graph.play())
    return error;
  if (auto error = checkSums(pipeline, index, graph))
    return error;
  proof.period = graph.solvePeriod();
  proof.timeline = makeTimeline(pipeline, graph, proof.period);
  measureBusy(pipeline, graph, proof);
  return std::nullopt;
}
