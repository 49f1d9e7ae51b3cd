//===- Period.cpp - The largest cycle ratio of an event graph ------------------------===//
//
// Longest paths for a guess of the period, which is too small while a cycle gains time. Such a cycle is found by the
// causes of the times, and gives the next guess (Burns, "Performance Analysis and Optimization of Asynchronous
// Circuits", 1991). In the order of the play all edges of distance 0 are settled in one pass.
//
//===----------------------------------------------------------------------===//
#include "passes/Schedule/EventGraph.h"
#include <algorithm>

using namespace sluice::schedule;

/// The ratio of a cycle along the causes if there is one above `atLeast`, else -1. A cause is -1, the edge's number, or
/// behind all edges the step from the node before.
double EventGraph::ratioOfCycle(const std::vector<int> &cause, double atLeast) const {
  int byProgram = int(edges.size());
  auto distanceOf = [&](int number) {
    return cause[number] == byProgram ? previousDistance[number] : edges[cause[number]].distance;
  };
  auto source = [&](int number) { return cause[number] == byProgram ? previous[number] : edges[cause[number]].from; };
  std::vector<int> visited(nodes, -1);
  double largest = -1;
  for (int start = 0; start < nodes; ++start) {
    // Every cycle goes through an earlier iteration.
    if (cause[start] < 0 || distanceOf(start) == 0)
      continue;
    int number = start;
    while (number >= 0 && visited[number] < 0) {
      visited[number] = start;
      number = cause[number] < 0 ? -1 : source(number);
    }
    if (number < 0 || visited[number] != start)
      continue;
    double time = 0;
    int distance = 0, at = number;
    do {
      time += cost[at] + (cause[at] == byProgram ? 0 : edges[cause[at]].lag);
      distance += distanceOf(at);
      at = source(at);
    } while (at != number);
    largest = std::max(largest, time / distance);
  }
  return largest > atLeast ? largest : -1;
}

double EventGraph::solvePeriod() {
  double period = 0;
  for (int device = 0; device < pipeline.devices(); ++device) {
    double busy = 0;
    for (int number = firstNode[device]; number < firstNode[device + 1]; ++number)
      busy += cost[number];
    period = std::max(period, busy);
  }
  // Sums of rounded times differ by their order: what is less than this is no gain.
  double total = 0;
  for (double time : cost)
    total += time;
  const double slack = 1e-12 * (1 + total);
  int byProgram = int(edges.size());
  std::vector<int> cause(nodes, -1);
  end = cost;
  for (bool changed = true; changed;) {
    changed = false;
    for (int number : played) {
      double best = end[number];
      auto offer = [&](int from, double lag, int distance, int by) {
        double candidate = end[from] + lag - period * distance + cost[number];
        if (candidate > best + slack) {
          best = candidate;
          cause[number] = by;
        }
      };
      if (previous[number] >= 0)
        offer(previous[number], 0, previousDistance[number], byProgram);
      for (int edge = firstEdge[number]; edge < firstEdge[number + 1]; ++edge)
        offer(edges[edge].from, edges[edge].lag, edges[edge].distance, edge);
      changed |= best > end[number];
      end[number] = best;
    }
    if (!changed)
      break;
    if (double longer = ratioOfCycle(cause, period + slack); longer >= 0) {
      period = longer;
      end = cost;
      std::fill(cause.begin(), cause.end(), -1);
    }
  }
  return period;
}
