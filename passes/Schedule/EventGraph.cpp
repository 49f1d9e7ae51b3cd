//===- EventGraph.cpp - What waits for what, over all iterations --------------------===//
#include "passes/Schedule/EventGraph.h"
#include "passes/Schedule/Frames.h"
#include <algorithm>

using namespace sluice::schedule;

static const StageCosts &costsOf(const Costs &costs, int stage) {
  static const StageCosts byDefault;
  return costs.stages.empty() ? byDefault : costs.stages[stage];
}

/// How long a message of a stage is on its way.
static double transferOf(const StageCosts &costs, Role role) {
  switch (role) {
  case Role::Activations:
    return costs.activations;
  case Role::Gradients:
    return costs.gradients;
  case Role::Tied:
    return costs.tiedSum;
  case Role::Replica:
    return costs.replicaSum;
  }
  return 0;
}

static double timeOf(const StageCosts &costs, RunKind kind) {
  switch (kind) {
  case RunKind::Forward:
  case RunKind::Recompute:
    return costs.forward;
  case RunKind::Backward:
    return costs.backward;
  case RunKind::Tied:
    return costs.tied;
  case RunKind::BackwardInput:
    return costs.backward - costs.backwardWeight;
  case RunKind::BackwardWeight:
    return costs.backwardWeight;
  }
  return 0;
}

/// How long a device is busy with an action.
static double timeOf(const StageCosts &costs, const Action &action) {
  switch (action.kind) {
  case ActionKind::Load:
    return costs.load;
  case ActionKind::Run:
    return timeOf(costs, action.run);
  case ActionKind::Combine:
    return costs.combine;
  case ActionKind::Reduce:
    return costs.norm;
  case ActionKind::Update:
    return costs.update;
  case ActionKind::Send:
  case ActionKind::Recv:
    return 0;
  }
  return 0;
}

EventGraph::EventGraph(const Pipeline &pipeline, const ProgramIndex &index, const std::vector<int> &frames,
                       const Costs &costs)
    : pipeline(pipeline), index(index) {
  for (const Program &program : pipeline.programs) {
    firstNode.push_back(nodes);
    nodes += int(program.body.size());
  }
  firstNode.push_back(nodes++);
  edges.reserve(size_t(nodes));
  addProgramOrder(costs);
  addMessages(costs);
  addFrames(frames, costs);
  addSums(costs);
  sortEdges();
}

void EventGraph::addProgramOrder(const Costs &costs) {
  cost.assign(nodes, 0);
  previous.assign(nodes, -1);
  previousDistance.assign(nodes, 0);
  cost[barrier()] = costs.reduce;
  std::vector<std::vector<int>> stages = pipeline.stagesOfDevices();
  for (int device = 0; device < pipeline.devices(); ++device) {
    const std::vector<Action> &body = pipeline.programs[device].body;
    for (int action = 0; action < int(body.size()); ++action) {
      int before = action == 0 ? int(body.size()) - 1 : action - 1;
      bool reduced = body[before].kind == ActionKind::Reduce && body[before].stage < 0;
      double &time = cost[node(device, action)];
      if (body[action].stage >= 0)
        time = timeOf(costsOf(costs, body[action].stage), body[action]);
      else // a reduce takes the norms of all stages of its device
        for (int stage : stages[device % pipeline.devicesOfReplica])
          time += timeOf(costsOf(costs, stage), body[action]);
      previous[node(device, action)] = reduced ? barrier() : node(device, before);
      previousDistance[node(device, action)] = action == 0;
      if (body[action].kind == ActionKind::Reduce && body[action].stage < 0)
        edges.push_back({node(device, action), barrier(), 0, 0});
    }
  }
}

void EventGraph::addMessages(const Costs &costs) {
  for (size_t number = 0; number < pipeline.channels.size(); ++number) {
    const Channel &channel = pipeline.channels[number];
    const ChannelIndex &messages = index.channels[number];
    double transfer = transferOf(costsOf(costs, channel.source), channel.role);
    int count = int(messages.sends.size());
    for (int message = 0; message < count; ++message) {
      int send = node(channel.from, messages.sends[message]), recv = node(channel.to, messages.recvs[message]);
      if (channel.capacity == 0) {
        // The sender is held until the transfer is over, and that begins when the receiver is there.
        auto [arrival, distance] = before(recv);
        cost[send] = transfer;
        edges.push_back({arrival, send, distance, 0});
        edges.push_back({send, recv, 0, 0});
        continue;
      }
      edges.push_back({send, recv, messages.lag, transfer});
      int64_t lacks = std::max<int64_t>(0, int64_t(channel.capacity) - message);
      int wraps = int((lacks + count - 1) / count), frees = int(message - channel.capacity + int64_t(wraps) * count);
      edges.push_back({node(channel.to, messages.recvs[frees]), send, wraps - messages.lag, 0});
    }
  }
}

void EventGraph::addLag(int device, int send, int writer, int distance, const Costs &costs) {
  const Channel &channel = pipeline.channels[pipeline.programs[device].body[send].channel];
  double transfer = transferOf(costsOf(costs, channel.source), channel.role);
  // Without room in the channel, the send itself lasts as long.
  if (channel.capacity > 0 && transfer > 0)
    edges.push_back({node(device, send), node(device, writer), distance, transfer});
}

void EventGraph::addFrames(const std::vector<int> &frames, const Costs &costs) {
  for (const StageIndex &ofStage : index.stages) {
    int microBatches = pipeline.microBatchesOfReplica(), count = frames[ofStage.stage];
    // In the order of their starts, as those of a frame follow each other.
    std::vector<Lifetime> lifetimes = lifetimesOf(ofStage, microBatches, 2 + count / microBatches);
    std::sort(lifetimes.begin(), lifetimes.end(),
              [](const Lifetime &a, const Lifetime &b) { return a.first < b.first; });
    std::vector<const Lifetime *> user(count, nullptr);
    for (const Lifetime &lifetime : lifetimes) {
      const Lifetime *&before = user[frameOf(pipeline, lifetime.microBatch, count)];
      // What begins in step 0 stands for all steps.
      if (before && before->microBatch < microBatches) {
        int writer = int(lifetime.first % ofStage.bodySize);
        int64_t body = lifetime.first / ofStage.bodySize;
        for (Step step : {AtSendActivations, AtSendGradients})
          if (int send = ofStage.position(before->microBatch, step); send >= 0)
            addLag(ofStage.device, send, writer, int(body - ofStage.lag(before->microBatch, step)), costs);
      }
      before = &lifetime;
    }
  }
}

void EventGraph::addSums(const Costs &costs) {
  std::vector<std::vector<int>> stages = pipeline.stagesOfDevices();
  // A combine or the tied sum overwrites what sends of its stage before it read.
  std::vector<std::vector<int>> readingOf(pipeline.stages);
  for (int device = 0; device < pipeline.devices(); ++device) {
    const std::vector<Action> &body = pipeline.programs[device].body;
    for (int stage : stages[device % pipeline.devicesOfReplica])
      readingOf[stage].clear();
    for (int position = 0; position < int(body.size()); ++position) {
      const Action &action = body[position];
      if (action.stage < 0)
        continue;
      std::vector<int> &reading = readingOf[action.stage];
      if (action.kind == ActionKind::Send && action.microBatch < 0)
        reading.push_back(position);
      bool sums = action.kind == ActionKind::Combine || (action.kind == ActionKind::Run && action.microBatch < 0);
      if (!sums)
        continue;
      for (int send : reading)
        addLag(device, send, position, 0, costs);
      reading.clear();
    }
  }
}

void EventGraph::sortEdges() {
  firstEdge.assign(nodes + 1, 0);
  for (const Edge &edge : edges)
    ++firstEdge[edge.to + 1];
  for (int number = 0; number < nodes; ++number)
    firstEdge[number + 1] += firstEdge[number];
  std::vector<Edge> sorted(edges.size());
  std::vector<int> next(firstEdge.begin(), firstEdge.end() - 1);
  for (const Edge &edge : edges)
    sorted[next[edge.to]++] = edge;
  edges = std::move(sorted);
}

std::optional<Error> EventGraph::play() {
  // Each device goes on until it waits for a node of another; that node wakes it. One more row is the barrier's.
  int rows = pipeline.devices() + 1;
  std::vector<char> done(nodes, 0);
  std::vector<int> next(firstNode.begin(), firstNode.end()), waitsFor(rows, -1);
  std::vector<int> firstWaiting(nodes, -1), nextWaiting(rows, -1), ready;
  played.clear();
  played.reserve(nodes);
  auto blockedBy = [&](int number) {
    if (previous[number] >= 0 && previousDistance[number] == 0 && !done[previous[number]])
      return previous[number];
    for (int edge = firstEdge[number]; edge < firstEdge[number + 1]; ++edge)
      if (edges[edge].distance == 0 && !done[edges[edge].from])
        return edges[edge].from;
    return -1;
  };
  for (int row = rows - 1; row >= 0; --row)
    ready.push_back(row);
  while (!ready.empty()) {
    int row = ready.back(), last = row + 1 < rows ? firstNode[row + 1] : nodes;
    ready.pop_back();
    waitsFor[row] = -1;
    for (int &number = next[row]; number < last; ++number) {
      if (int blocker = blockedBy(number); blocker >= 0) {
        waitsFor[row] = blocker;
        nextWaiting[row] = firstWaiting[blocker];
        firstWaiting[blocker] = row;
        break;
      }
      done[number] = 1;
      played.push_back(number);
      for (int waiting = firstWaiting[number]; waiting >= 0; waiting = nextWaiting[waiting])
        ready.push_back(waiting);
    }
  }
  if (int(played.size()) == nodes)
    return std::nullopt;
  return deadlock(next, waitsFor);
}

Error EventGraph::deadlock(const std::vector<int> &next, const std::vector<int> &waitsFor) const {
  auto rowOf = [&](int number) {
    return int(std::upper_bound(firstNode.begin(), firstNode.end(), number) - firstNode.begin()) - 1;
  };
  int rows = pipeline.devices() + 1, row = 0;
  while (waitsFor[row] < 0)
    ++row;
  // Whoever waits waits for one that waits: as many steps as there are rows end in a cycle. Its first device is named.
  for (int step = 0; step < rows; ++step)
    row = rowOf(waitsFor[row]);
  for (int step = 0, other = row; step < rows; ++step, other = rowOf(waitsFor[other]))
    row = std::min(row, other);
  int peer = waitsFor[row];
  int peerRow = rowOf(peer);
  const Action &action = pipeline.programs[row].body[next[row] - firstNode[row]];
  if (peerRow == rows - 1) {
    peerRow = rowOf(waitsFor[peerRow]);
    peer = next[peerRow];
  } else if (action.kind == ActionKind::Send && pipeline.channels[action.channel].capacity == 0) {
    // Without room, it waits for the node before its receive: name the receive.
    ++peer;
  }
  auto place = [&](int ofRow, int number) { return Place{ofRow, number - firstNode[ofRow]}; };
  auto text = [&](Place at) { return describe(pipeline, at.device, pipeline.programs[at.device].body[at.action]); };
  Place blocked = place(row, next[row]), waits = place(peerRow, peer), there = place(peerRow, next[peerRow]);
  Error error{text(blocked) + ": deadlock: it waits for " + text(waits) + ", and device " + std::to_string(peerRow) +
                  " waits at " + text(there),
              blocked, "device " + std::to_string(peerRow) + " waits here", there};
  return error;
}
