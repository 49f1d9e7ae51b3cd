//===- Arena.cpp - Memory for values with lifetimes ------------------------------===//
#include "passes/Buffers/Arena.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/Support/MathExtras.h"

using namespace sluice;
using llvm::ArrayRef;
using llvm::SmallVector;

static bool shareTime(const ArenaInterval &a, const ArenaInterval &b) { return a.first <= b.last && b.first <= a.last; }

/// Places the intervals one after another, each into the smallest gap that holds it.
static ArenaPlan placeInOrder(ArrayRef<ArenaInterval> intervals, ArrayRef<size_t> order, int64_t alignment) {
  ArenaPlan plan;
  plan.offsets.resize(intervals.size());
  SmallVector<size_t> placed; // by offset
  for (size_t index : order) {
    const ArenaInterval &interval = intervals[index];
    int64_t bytes = llvm::alignTo(interval.bytes, alignment);
    int64_t end = 0, best = -1, bestGap = 0;
    for (size_t other : placed) {
      if (!shareTime(interval, intervals[other]))
        continue;
      int64_t gap = plan.offsets[other] - end;
      if (gap >= bytes && (best < 0 || gap < bestGap)) {
        best = end;
        bestGap = gap;
      }
      end = std::max<int64_t>(end, plan.offsets[other] + llvm::alignTo(intervals[other].bytes, alignment));
    }
    plan.offsets[index] = best < 0 ? end : best;
    plan.bytes = std::max(plan.bytes, plan.offsets[index] + bytes);
    auto behind =
        llvm::partition_point(placed, [&](size_t other) { return plan.offsets[other] <= plan.offsets[index]; });
    placed.insert(behind, index);
  }
  return plan;
}

ArenaPlan sluice::planArena(ArrayRef<ArenaInterval> intervals, int64_t alignment) {
  // Large ones first is nearly always best; in order of time wins where much is of one size.
  SmallVector<size_t> bySize = llvm::to_vector(llvm::seq<size_t>(0, intervals.size()));
  SmallVector<size_t> byTime = bySize;
  llvm::sort(bySize, [&](size_t a, size_t b) {
    return std::make_pair(-intervals[a].bytes, a) < std::make_pair(-intervals[b].bytes, b);
  });
  llvm::sort(byTime, [&](size_t a, size_t b) {
    return std::make_pair(intervals[a].first, a) < std::make_pair(intervals[b].first, b);
  });
  ArenaPlan plan = placeInOrder(intervals, bySize, alignment);
  ArenaPlan other = placeInOrder(intervals, byTime, alignment);
  return other.bytes < plan.bytes ? other : plan;
}

int64_t sluice::arenaLowerBound(ArrayRef<ArenaInterval> intervals, int64_t alignment) {
  // The need only grows where an interval starts.
  int64_t bound = 0;
  for (const ArenaInterval &start : intervals) {
    int64_t bytes = 0;
    for (const ArenaInterval &interval : intervals)
      if (interval.first <= start.first && start.first <= interval.last)
        bytes += llvm::alignTo(interval.bytes, alignment);
    bound = std::max(bound, bytes);
  }
  return bound;
}

std::optional<std::pair<size_t, size_t>> sluice::findArenaConflict(ArrayRef<ArenaInterval> intervals,
                                                                   const ArenaPlan &plan, int64_t alignment) {
  for (size_t a = 0; a < intervals.size(); ++a) {
    if (plan.offsets[a] < 0 || plan.offsets[a] % alignment != 0 || plan.offsets[a] + intervals[a].bytes > plan.bytes)
      return std::make_pair(a, a);
    for (size_t b = 0; b < a; ++b)
      if (shareTime(intervals[a], intervals[b]) && plan.offsets[a] < plan.offsets[b] + intervals[b].bytes &&
          plan.offsets[b] < plan.offsets[a] + intervals[a].bytes)
        return std::make_pair(b, a);
  }
  return std::nullopt;
}
