//===- Partition.cpp - Layers to stages ---------------------------------------------===//
#include "passes/Stages/StalePartition.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/ADT/Twine.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace sluice;
using llvm::ArrayRef;
using llvm::SmallVector;

/// Squares of times are below 2^118: they add up exactly.
using Square = __int128;

int64_t TransferCost::ticks(int64_t bytes) const {
  return bytes == 0 ? 0 : latency + std::llround(double(bytes) * ticksPerByte);
}

int64_t Partition::slowest() const {
  int64_t most = 0;
  for (const StageCost &stage : stages)
    most = std::max(most, stage.time());
  return most;
}

/// What a layer computes in a micro-batch, on average. The last stage runs forward in backward, and once.
static int64_t computeTicks(const PartitionLayer &layer, bool isOnLast) {
  int64_t ticks = layer.forward + layer.backward + (isOnLast ? 0 : layer.repeat);
  return std::llround((1 - layer.dropProbability) * double(ticks));
}

/// Of the weights of a stage, beside the newest.
static int64_t olderVersions(const PartitionProblem &problem, size_t stage) {
  return problem.versions.empty() ? 0 : problem.versions[stage] - 1;
}

//===-- The solver -----------------------------------------------------------------===//

/// Where there is no partition.
static constexpr int64_t none = std::numeric_limits<int64_t>::max();

namespace {
/// What layers [first, end) cost as one stage: all of it depends on the range alone, but for the number of frames.
struct Range {
  int64_t time, parameters, frame, repeated, weights;
};

class Solver {
public:
  explicit Solver(const PartitionProblem &problem) : problem(problem), count(problem.layers.size()) {
    ranges.resize(count * (count + 1));
    for (size_t first = 0; first < count; ++first)
      measureFrom(first);
    addTied();
  }

  int64_t time(size_t first, size_t end) const { return range(first, end).time; }
  int64_t memory(size_t stage, size_t first, size_t end) const {
    const Range &sums = range(first, end);
    return sums.parameters + olderVersions(problem, stage) * sums.weights + problem.frames[stage] * sums.frame +
           sums.repeated;
  }

  /// The least maximum over the stages of what `cost` gives for a stage and its range, in all partitions; `none` where
  /// there is none, or none of a lower cost than that.
  template <typename Cost> int64_t leastMaximum(Cost cost) const;
  /// The counts of the most even partition with no stage slower than `slowest`; there is one.
  template <typename Fits> SmallVector<int64_t> mostEven(int64_t slowest, Fits fits) const;

private:
  const Range &range(size_t first, size_t end) const { return ranges[first * (count + 1) + end]; }
  Range &range(size_t first, size_t end) { return ranges[first * (count + 1) + end]; }
  void measureFrom(size_t first);
  void addTied();

  const PartitionProblem &problem;
  size_t count;
  SmallVector<Range, 0> ranges; // by first and end
};
} // namespace

void Solver::measureFrom(size_t first) {
  int64_t received = first == 0 ? 0 : problem.layers[first - 1].boundaryBytes;
  Range sum = {2 * problem.transfer.ticks(received), 0, received, 0, 0};
  int64_t onLast = sum.time;
  for (size_t end = first + 1; end <= count; ++end) {
    const PartitionLayer &layer = problem.layers[end - 1];
    sum.time += computeTicks(layer, /*isOnLast=*/false);
    onLast += computeTicks(layer, /*isOnLast=*/true);
    sum.parameters += layer.parameterBytes;
    sum.weights += layer.weightBytes;
    sum.frame += layer.keptBytes;
    sum.repeated = layer.repeatedWith(sum.repeated);
    range(first, end) = sum;
    if (end == count)
      range(first, end).time = onLast;
    else
      range(first, end).time += 2 * problem.transfer.ticks(layer.boundaryBytes);
  }
}

void Solver::addTied() {
  for (const TiedParameter &tied : problem.tied)
    for (size_t first = 0; first < count; ++first) {
      size_t inside = 0;
      for (size_t end = first + 1; end <= count; ++end) {
        inside += llvm::count(tied.layers, end - 1);
        if (inside == 0)
          continue;
        range(first, end).parameters += tied.bytes;
        if (inside < tied.layers.size())
          range(first, end).time += tied.exchange;
      }
    }
}

template <typename Cost> int64_t Solver::leastMaximum(Cost cost) const {
  // best[end]: of the stages so far, when they hold the layers [0, end).
  SmallVector<int64_t> best(count + 1, none);
  best[0] = 0;
  for (size_t stage = 0; stage < problem.stages(); ++stage) {
    SmallVector<int64_t> next(count + 1, none);
    for (size_t first = 0; first < count; ++first)
      if (best[first] != none)
        for (size_t end = first + 1; end <= count; ++end)
          next[end] = std::min(next[end], std::max(best[first], cost(stage, first, end)));
    best = std::move(next);
  }
  return best[count];
}

template <typename Fits> SmallVector<int64_t> Solver::mostEven(int64_t slowest, Fits fits) const {
  constexpr Square impossible = -1;
  // By stage and first layer: the least sum of squares of this stage and those behind it, and where this stage ends.
  size_t stages = problem.stages(), width = count + 1;
  SmallVector<Square, 0> least((stages + 1) * width, impossible);
  SmallVector<size_t, 0> ends(stages * width, 0);
  least[stages * width + count] = 0;
  for (size_t stage = stages; stage-- > 0;)
    for (size_t first = 0; first < count; ++first)
      for (size_t end = first + 1; end <= count; ++end) {
        Square rest = least[(stage + 1) * width + end];
        int64_t ticks = time(first, end);
        if (rest == impossible || ticks > slowest || !fits(stage, first, end))
          continue;
        Square sum = rest + Square(ticks) * ticks;
        // The first end that is as good leaves this stage the fewest layers.
        if (Square &soFar = least[stage * width + first]; soFar == impossible || sum < soFar) {
          soFar = sum;
          ends[stage * width + first] = end;
        }
      }
  SmallVector<int64_t> counts;
  for (size_t stage = 0, first = 0; stage < stages; ++stage) {
    size_t end = ends[stage * width + first];
    counts.push_back(end - first);
    first = end;
  }
  return counts;
}

std::optional<Partition> sluice::solvePartition(const PartitionProblem &problem) {
  if (problem.stale && problem.stages() > 1) {
    std::optional<SmallVector<int64_t>> counts = solveStalePartition(problem);
    return counts ? std::optional<Partition>(verifyPartition(problem, *counts)) : std::nullopt;
  }
  Solver solver(problem);
  auto fits = [&](size_t stage, size_t first, size_t end) {
    return !problem.memoryLimit || solver.memory(stage, first, end) <= *problem.memoryLimit;
  };
  int64_t slowest = solver.leastMaximum(
      [&](size_t stage, size_t first, size_t end) { return fits(stage, first, end) ? solver.time(first, end) : none; });
  if (slowest == none)
    return std::nullopt;
  return verifyPartition(problem, solver.mostEven(slowest, fits));
}

std::optional<int64_t> sluice::leastMemoryLimit(const PartitionProblem &problem) {
  Solver solver(problem);
  int64_t least =
      solver.leastMaximum([&](size_t stage, size_t first, size_t end) { return solver.memory(stage, first, end); });
  return least == none ? std::nullopt : std::optional<int64_t>(least);
}

//===-- The verifier ---------------------------------------------------------------===//

/// The stage of each layer.
static SmallVector<size_t> stagesOf(ArrayRef<int64_t> counts) {
  SmallVector<size_t> stages;
  for (auto [stage, count] : llvm::enumerate(counts))
    stages.append(count, stage);
  return stages;
}

static std::string findCountError(const PartitionProblem &problem, ArrayRef<int64_t> counts) {
  if (counts.size() != problem.stages())
    return ("expected " + llvm::Twine(problem.stages()) + " stages, found " + llvm::Twine(counts.size())).str();
  int64_t left = problem.layers.size();
  for (auto [stage, count] : llvm::enumerate(counts)) {
    if (count < 0)
      return ("expected at least 0 layers on stage " + llvm::Twine(stage) + ", found " + llvm::Twine(count)).str();
    if (count > left)
      return ("expected at most " + llvm::Twine(left) + " layers on stage " + llvm::Twine(stage) + ", found " +
              llvm::Twine(count))
          .str();
    left -= count;
  }
  return left == 0 ? "" : ("expected all layers on stages, found " + llvm::Twine(left) + " on none").str();
}

Partition sluice::verifyPartition(const PartitionProblem &problem, ArrayRef<int64_t> counts) {
  Partition partition;
  partition.counts.assign(counts.begin(), counts.end());
  partition.error = findCountError(problem, counts);
  if (!partition.error.empty())
    return partition;
  partition.stages.resize(problem.stages());
  if (problem.stale)
    partition.period = stalePeriod(problem, counts);
  SmallVector<size_t> stages = stagesOf(counts);
  for (auto [index, layer, stage] : llvm::enumerate(problem.layers, stages)) {
    StageCost &cost = partition.stages[stage];
    cost.compute += computeTicks(layer, stage + 1 == problem.stages());
    cost.parameters += layer.parameterBytes + olderVersions(problem, stage) * layer.weightBytes;
    cost.frame += layer.keptBytes;
    cost.repeated = layer.repeatedWith(cost.repeated);
    if (index + 1 == stages.size())
      continue;
    // An empty stage relays what it gets: it has both boundaries of what passes through.
    for (size_t left = stage; left < stages[index + 1]; ++left) {
      partition.stages[left].transfer += 2 * problem.transfer.ticks(layer.boundaryBytes);
      partition.stages[left + 1].transfer += 2 * problem.transfer.ticks(layer.boundaryBytes);
      partition.stages[left + 1].frame += layer.boundaryBytes;
    }
  }
  for (const TiedParameter &tied : problem.tied) {
    SmallVector<size_t> holders = llvm::map_to_vector(tied.layers, [&](unsigned layer) { return stages[layer]; });
    holders.erase(llvm::unique(holders), holders.end());
    for (size_t stage : holders) {
      partition.stages[stage].parameters += tied.bytes;
      partition.stages[stage].exchange += holders.size() > 1 ? tied.exchange : 0;
    }
  }
  for (auto [stage, cost] : llvm::enumerate(partition.stages)) {
    cost.memory = cost.parameters + problem.frames[stage] * cost.frame + cost.repeated;
    if (partition.error.empty() && problem.memoryLimit && cost.memory > *problem.memoryLimit)
      partition.error = ("expected at most " + llvm::Twine(*problem.memoryLimit) + " bytes on stage " +
                         llvm::Twine(stage) + ", found " + llvm::Twine(cost.memory))
                            .str();
  }
  return partition;
}
