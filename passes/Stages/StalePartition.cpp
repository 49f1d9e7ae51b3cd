//===- StalePartition.cpp - Layers to stages that do not wait for each other ------------===//
#include "passes/Stages/StalePartition.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <utility>

using namespace sluice;
using llvm::ArrayRef;
using llvm::SmallVector;

static constexpr int64_t unknown = std::numeric_limits<int64_t>::max();

/// Parts of partitions that are looked at, which take about a second; and partitions to begin with.
static constexpr int64_t mostParts = 1000000;
static constexpr int starts = 32;

/// Where each stage begins, and behind them where the last ends.
using Bounds = SmallVector<size_t, 12>;

namespace {
/// What stages cost, by where they begin and end. Stages are late but for the last.
class StaleCosts {
public:
  explicit StaleCosts(const PartitionProblem &problem);

  /// Of all stages.
  int64_t period(ArrayRef<size_t> bounds) const;
  /// At least the period of every partition that begins with `bounds`, which leave layers to stages behind them.
  int64_t leastPeriod(ArrayRef<size_t> bounds) const;
  /// At least the same, but it does not shrink as the last of the stages grows.
  int64_t leastGrowing(ArrayRef<size_t> bounds) const;
  /// The sum over all stages of their delay and their time.
  int64_t delayedTime(ArrayRef<size_t> bounds) const;
  bool fits(size_t stage, size_t first, size_t end) const;

  size_t layers() const { return forwards.size() - 1; }
  size_t stages() const { return problem.stages(); }

private:
  const PartitionProblem &problem;
  size_t devices;
  int64_t microBatches;
  SmallVector<int64_t, 0> forwards, backwards, repeats, updates,
      messages; // of the layers in front; messages by boundary

  int64_t forward(ArrayRef<size_t> bounds, size_t stage) const {
    return forwards[bounds[stage + 1]] - forwards[bounds[stage]];
  }
  int64_t backward(ArrayRef<size_t> bounds, size_t stage) const {
    int64_t repeated = stage + 1 < stages() ? repeats[bounds[stage + 1]] - repeats[bounds[stage]] : 0;
    return backwards[bounds[stage + 1]] - backwards[bounds[stage]] + repeated;
  }
  int64_t busy(ArrayRef<size_t> bounds, size_t stage) const {
    return microBatches * (forward(bounds, stage) + backward(bounds, stage)) + updates[bounds[stage + 1]] -
           updates[bounds[stage]];
  }
  int64_t forwardsFrom(ArrayRef<size_t> bounds, size_t first, size_t last, int64_t ofLast) const;
  int64_t waitsOf(ArrayRef<size_t> bounds, size_t device) const;
  int64_t ring(ArrayRef<size_t> bounds) const;
  int64_t updatesBehindRing(ArrayRef<size_t> bounds) const;
};
} // namespace

StaleCosts::StaleCosts(const PartitionProblem &problem)
    : problem(problem), devices(problem.stale->devices), microBatches(problem.stale->microBatches) {
  for (auto *sums : {&forwards, &backwards, &repeats, &updates, &messages})
    sums->push_back(0);
  for (const PartitionLayer &layer : problem.layers) {
    double kept = 1 - layer.dropProbability;
    forwards.push_back(forwards.back() + std::llround(kept * double(layer.forward)));
    backwards.push_back(backwards.back() + std::llround(kept * double(layer.backward)));
    repeats.push_back(repeats.back() + std::llround(kept * double(layer.repeat)));
    updates.push_back(updates.back() + layer.update);
    messages.push_back(problem.transfer.ticks(layer.boundaryBytes));
  }
}

/// The forwards of a step from one stage to another behind it, in ticks; the last takes `ofLast` a micro-batch. They
/// go from stage to stage with their messages, or wait until a device is through with all micro-batches of a stage.
int64_t StaleCosts::forwardsFrom(ArrayRef<size_t> bounds, size_t first, size_t last, int64_t ofLast) const {
  SmallVector<int64_t, 12> longest; // to the end of a stage, by stage behind `first`
  auto timeOf = [&](size_t stage) { return stage == last ? ofLast : forward(bounds, stage); };
  for (size_t stage = first; stage <= last; ++stage) {
    int64_t sum = 0, slowest = 0, best = 0;
    for (size_t from = stage + 1; from-- > first;) {
      sum += timeOf(from);
      slowest = std::max(slowest, timeOf(from));
      int64_t before = from >= first + devices ? longest[from - devices - first] : 0;
      if (from == first || before > 0)
        best = std::max(best, before + sum + (microBatches - 1) * slowest);
      sum += messages[bounds[from]];
    }
    longest.push_back(best);
  }
  return longest.back();
}

/// What a device waits for between the forwards of its stages, as far as these have their bounds.
int64_t StaleCosts::waitsOf(ArrayRef<size_t> bounds, size_t device) const {
  size_t known = std::min(bounds.size() - 1, stages() - 1);
  if (device >= known)
    return 0;
  size_t last = device + (known - 1 - device) / devices * devices;
  int64_t own = 0;
  for (size_t stage = device; stage <= last; stage += devices)
    own += microBatches * forward(bounds, stage);
  return forwardsFrom(bounds, device, last, forward(bounds, last)) - own;
}

/// What is updated behind the last backward, together with the last stage.
int64_t StaleCosts::updatesBehindRing(ArrayRef<size_t> bounds) const {
  size_t last = stages() - 1;
  llvm::SmallVector<bool, 12> waits(stages(), false);
  waits[last] = true;
  for (const TiedParameter &tied : problem.tied) {
    auto stageOf = [&](unsigned layer) { return size_t(llvm::upper_bound(bounds, layer) - bounds.begin() - 1); };
    // The last of its stages updates it, with the gradients of all. The others wait for nothing.
    if (stageOf(tied.layers.front()) != stageOf(tied.layers.back()))
      waits[stageOf(tied.layers.back())] = true;
  }
  int64_t sum = 0;
  for (size_t stage = last % devices; stage <= last; stage += devices)
    sum += waits[stage] ? updates[bounds[stage + 1]] - updates[bounds[stage]] : 0;
  return sum;
}

int64_t StaleCosts::ring(ArrayRef<size_t> bounds) const {
  size_t last = stages() - 1;
  return forwardsFrom(bounds, last % devices, last, forward(bounds, last) + backward(bounds, last)) +
         updatesBehindRing(bounds);
}

int64_t StaleCosts::period(ArrayRef<size_t> bounds) const {
  int64_t longest = ring(bounds);
  for (size_t device = 0; device < devices; ++device) {
    int64_t time = waitsOf(bounds, device);
    for (size_t stage = device; stage < stages(); stage += devices)
      time += busy(bounds, stage);
    longest = std::max(longest, time);
  }
  return longest;
}

int64_t StaleCosts::leastGrowing(ArrayRef<size_t> bounds) const {
  size_t known = bounds.size() - 1;
  int64_t longest = 0;
  for (size_t device = 0; device < std::min(devices, known); ++device) {
    int64_t time = waitsOf(bounds, device);
    for (size_t stage = device; stage < known; stage += devices)
      time += busy(bounds, stage);
    longest = std::max(longest, time);
  }
  return longest;
}

int64_t StaleCosts::leastPeriod(ArrayRef<size_t> bounds) const {
  size_t known = bounds.size() - 1, all = layers(), first = (stages() - 1) % devices;
  int64_t longest = leastGrowing(bounds);
  // All forwards from here on, and the backward of the last layer.
  if (first < known)
    longest = std::max(longest, forwards[all] - forwards[bounds[first]] + backwards[all] - backwards[all - 1]);
  // What is left is shared by the devices that have stages left.
  size_t open = std::min(devices, stages() - known);
  if (open == 0)
    return longest;
  int64_t rest = microBatches * (forwards[all] - forwards[bounds.back()] + backwards[all] - backwards[bounds.back()]) +
                 updates[all] - updates[bounds.back()];
  for (size_t next = known; next < known + open; ++next) {
    size_t device = next % devices;
    rest += waitsOf(bounds, device);
    for (size_t stage = device; stage < known; stage += devices)
      rest += busy(bounds, stage);
  }
  return std::max(longest, int64_t((rest + open - 1) / open));
}

int64_t StaleCosts::delayedTime(ArrayRef<size_t> bounds) const {
  int64_t sum = 0;
  for (size_t stage = 0; stage < stages(); ++stage)
    sum += int64_t(stages() - 1 - stage) * (forward(bounds, stage) + backward(bounds, stage));
  return sum;
}

bool StaleCosts::fits(size_t stage, size_t first, size_t end) const {
  if (!problem.memoryLimit)
    return true;
  int64_t older = problem.versions.empty() ? 0 : problem.versions[stage] - 1, frames = problem.frames[stage];
  int64_t memory = first == 0 ? 0 : frames * problem.layers[first - 1].boundaryBytes, repeated = 0;
  for (size_t number = first; number < end; ++number) {
    const PartitionLayer &layer = problem.layers[number];
    memory += layer.parameterBytes + older * layer.weightBytes + frames * layer.keptBytes;
    repeated = layer.repeatedWith(repeated);
  }
  for (const TiedParameter &tied : problem.tied)
    memory += llvm::any_of(tied.layers, [&](unsigned layer) { return layer >= first && layer < end; }) ? tied.bytes : 0;
  return memory + repeated <= *problem.memoryLimit;
}

//===-- The search -----------------------------------------------------------------===//

namespace {
class StaleSearch {
public:
  explicit StaleSearch(const PartitionProblem &problem) : costs(problem) {}

  std::optional<SmallVector<int64_t>> run();

private:
  bool fits(ArrayRef<size_t> bounds) const;
  void offer(ArrayRef<size_t> bounds);
  void descendFrom(Bounds bounds);
  bool move(llvm::function_ref<bool(ArrayRef<size_t>)> isBetter);
  void branch(Bounds &bounds);

  StaleCosts costs;
  Bounds best; // empty: none yet
  int64_t bestPeriod = unknown, partsLeft = mostParts;
};
} // namespace

bool StaleSearch::fits(ArrayRef<size_t> bounds) const {
  for (size_t stage = 0; stage < costs.stages(); ++stage)
    if (bounds[stage] >= bounds[stage + 1] || !costs.fits(stage, bounds[stage], bounds[stage + 1]))
      return false;
  return true;
}

void StaleSearch::offer(ArrayRef<size_t> bounds) {
  if (int64_t period = costs.period(bounds); period < bestPeriod) {
    best.assign(bounds.begin(), bounds.end());
    bestPeriod = period;
  }
}

/// Moves one boundary anywhere, or two by one layer, to the first place that is better. Whether there was one.
bool StaleSearch::move(llvm::function_ref<bool(ArrayRef<size_t>)> isBetter) {
  size_t inner = costs.stages() - 1;
  auto take = [&](ArrayRef<size_t> bounds) {
    if (!fits(bounds) || !isBetter(bounds))
      return false;
    best.assign(bounds.begin(), bounds.end());
    return true;
  };
  for (size_t one = 1; one <= inner; ++one)
    for (size_t place = best[one - 1] + 1; place < best[one + 1]; ++place) {
      Bounds moved = best;
      moved[one] = place;
      if (take(moved))
        return true;
    }
  for (size_t one = 1; one <= inner; ++one)
    for (size_t other = one + 1; other <= inner; ++other)
      for (auto [ofOne, ofOther] : {std::pair(-1, -1), {-1, 1}, {1, -1}, {1, 1}}) {
        Bounds moved = best;
        moved[one] += ofOne;
        moved[other] += ofOther;
        if (take(moved))
          return true;
      }
  return false;
}

/// From a partition to one that no move makes faster, if that is the best so far.
void StaleSearch::descendFrom(Bounds bounds) {
  if (!fits(bounds))
    return;
  std::swap(best, bounds);
  int64_t before = std::exchange(bestPeriod, costs.period(best));
  while (move([&](ArrayRef<size_t> moved) { return costs.period(moved) < bestPeriod; }))
    bestPeriod = costs.period(best);
  if (before <= bestPeriod) {
    best = bounds;
    bestPeriod = before;
  }
}

/// All partitions that begin so, but for those that cannot be faster than the best.
void StaleSearch::branch(Bounds &bounds) {
  size_t stage = bounds.size() - 1, left = costs.stages() - stage, all = costs.layers();
  if (left == 0) {
    offer(bounds);
    return;
  }
  size_t first = bounds.back();
  for (size_t end = left == 1 ? all : first + 1; end + left - 1 <= all; ++end) {
    if (!costs.fits(stage, first, end))
      continue;
    if (partsLeft-- <= 0 && !best.empty())
      return;
    bounds.push_back(end);
    bool isHopeless = costs.leastGrowing(bounds) >= bestPeriod;
    if (!isHopeless && costs.leastPeriod(bounds) < bestPeriod)
      branch(bounds);
    bounds.pop_back();
    if (isHopeless)
      return;
  }
}

std::optional<SmallVector<int64_t>> StaleSearch::run() {
  size_t stages = costs.stages(), all = costs.layers();
  if (all < stages)
    return std::nullopt;
  std::minstd_rand random; // the same for all
  for (int start = 0; start < starts; ++start) {
    Bounds places = {0, all};
    for (size_t stage = 1; stage < stages; ++stage)
      places.push_back(start == 0 ? stage * all / stages : random() % all);
    llvm::sort(places);
    descendFrom(places);
  }
  Bounds bounds = {0};
  branch(bounds);
  if (best.empty())
    return std::nullopt;
  while (move([&](ArrayRef<size_t> moved) {
    return costs.period(moved) == bestPeriod && costs.delayedTime(moved) < costs.delayedTime(best);
  }))
    continue;
  SmallVector<int64_t> counts;
  for (size_t stage = 0; stage < stages; ++stage)
    counts.push_back(int64_t(best[stage + 1] - best[stage]));
  return counts;
}

std::optional<SmallVector<int64_t>> sluice::solveStalePartition(const PartitionProblem &problem) {
  return StaleSearch(problem).run();
}

int64_t sluice::stalePeriod(const PartitionProblem &problem, ArrayRef<int64_t> counts) {
  Bounds bounds(1, 0);
  for (int64_t count : counts)
    bounds.push_back(bounds.back() + count);
  return StaleCosts(problem).period(bounds);
}
