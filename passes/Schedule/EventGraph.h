//===- EventGraph.h - What waits for what, over all iterations ----------------------===//
//
// A marked graph (Commoner et al., "Marked Directed Graphs", 1971). A node is the end of an action. An edge says that
// the node comes at least `lag` and its own cost behind the source of `distance` iterations before. So the beginning
// of an action is its end less its cost, and the end of a transfer is an edge's lag; neither needs a node.
//
//   program order    an action waits for the one before it; the first of the body for the last, at distance 1
//   message          the k-th receive waits for the k-th send, and for the transfer
//   room             the k-th send waits for receive k - capacity; with capacity 0 it waits until the receiver is there
//   frames, sums     what overwrites something that a send reads waits for its transfer
//   reduce           all devices arrive at one more node, which all go on from
//
// A cycle of distance 0 is a deadlock. Without one, the largest ratio of time to distance of a cycle is the period.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_SCHEDULE_EVENTGRAPH_H
#define SLUICE_PASSES_SCHEDULE_EVENTGRAPH_H

#include "passes/Schedule/ProgramIndex.h"
#include "passes/Schedule/Verify.h"
#include <optional>
#include <vector>

namespace sluice::schedule {

/// What a node waits for, beside the node before it on its device.
struct Edge {
  int from, to;
  int distance; ///< iterations
  double lag;   ///< time between the end of `from` and the beginning of `to`
};

class EventGraph {
public:
  EventGraph(const Pipeline &pipeline, const ProgramIndex &index, const std::vector<int> &frames, const Costs &costs);

  /// Finds the order in which one play of all programs goes. Fails with a deadlock.
  std::optional<Error> play();
  /// The nodes in the order of the play, the barrier among them. Needs `play`, as all that follows does.
  const std::vector<int> &order() const { return played; }

  /// The time of an iteration, exact but for rounding, and the ends of a steady iteration.
  double solvePeriod();
  /// The end of every node in the iteration that `solvePeriod` found.
  const std::vector<double> &ends() const { return end; }

  int node(int device, int action) const { return firstNode[device] + action; }
  int barrier() const { return nodes - 1; }
  double costOf(int node) const { return cost[node]; }
  /// What a node follows on its device, and from how many iterations before.
  std::pair<int, int> before(int node) const { return {previous[node], previousDistance[node]}; }

private:
  const Pipeline &pipeline;
  const ProgramIndex &index;
  int nodes = 0;
  std::vector<int> firstNode; ///< by device, and the barrier at the end
  std::vector<double> cost;
  std::vector<int> previous, previousDistance; ///< program order; -1 for the barrier
  std::vector<Edge> edges;                     ///< by `to`
  std::vector<int> firstEdge;                  ///< by node
  std::vector<int> played;
  std::vector<double> end;

  void addProgramOrder(const Costs &costs);
  void addMessages(const Costs &costs);
  void addFrames(const std::vector<int> &frames, const Costs &costs);
  void addSums(const Costs &costs);
  /// What writes where a send reads waits until its transfer is over.
  void addLag(int device, int send, int writer, int distance, const Costs &costs);
  void sortEdges();
  Error deadlock(const std::vector<int> &next, const std::vector<int> &waitsFor) const;
  double ratioOfCycle(const std::vector<int> &cause, double atLeast) const;
};

} // namespace sluice::schedule

#endif // SLUICE_PASSES_SCHEDULE_EVENTGRAPH_H
