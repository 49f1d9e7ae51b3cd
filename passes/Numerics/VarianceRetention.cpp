//===- VarianceRetention.cpp - How narrow a sum may be, by theory --------------------------===//
#include "passes/Numerics/VarianceRetention.h"
#include <algorithm>
#include <cmath>

using namespace sluice::precision;

/// 2Q: the probability that a standard normal is further than x from 0.
static double beyond(double x) { return std::erfc(x * 0.70710678118654752440); }

namespace {
/// Sums over the points i where full swamping may start.
struct SwampingSums {
  double probability = 0; ///< of q_i
  double lost = 0;        ///< of (n - i + a) q_i
};

/// A sum of n terms of `termBits` bits in a sum of `sumBits` bits.
class Swamping {
public:
  Swamping(double count, int termBits, int sumBits)
      : count(count), termBits(termBits), sumBits(sumBits), bound(std::ldexp(1.0, sumBits)) {}

  /// 1 - retention, which is summed without cancellation.
  double lost() const;
  double lostFullSwamping() const;

private:
  /// q_i, of any real i.
  double startsAt(double i) const { return beyond(bound / std::sqrt(i)) * (1 - beyond(bound / std::sqrt(i - 1))); }
  SwampingSums sumStarts(double lostBefore) const;
  SwampingSums integrateStarts(double from, double to, double lostBefore) const;

  double count;
  int termBits, sumBits;
  double bound; ///< |sums| above it are swamped fully
};
} // namespace

/// Simpson's rule over log(i), in which q_i is smooth at one scale.
SwampingSums Swamping::integrateStarts(double from, double to, double lostBefore) const {
  double start = std::log(from), length = std::log(to) - start;
  int64_t intervals = 2 * int64_t(std::ceil(128 * length));
  double step = length / intervals;
  SwampingSums sums;
  for (int64_t at = 0; at <= intervals; ++at) {
    double i = std::exp(start + step * at);
    double weight = (at == 0 || at == intervals ? 1 : at % 2 == 1 ? 4 : 2) * step / 3;
    double term = weight * i * startsAt(i);
    sums.probability += term;
    sums.lost += term * (count - i + lostBefore);
  }
  return sums;
}

SwampingSums Swamping::sumStarts(double lostBefore) const {
  // Term by term while terms differ much.
  constexpr double smooth = 1024;
  SwampingSums sums;
  auto add = [&](double i, double weight) {
    double starts = weight * startsAt(i);
    sums.probability += starts;
    sums.lost += starts * (count - i + lostBefore);
  };
  double i = std::max(2.0, std::floor(lostBefore) + 1), last = count - 1;
  for (; i <= last && i < smooth; ++i)
    add(i, 1);
  if (i > last)
    return sums;
  SwampingSums rest = integrateStarts(i - 0.5, last + 0.5, lostBefore);
  sums.probability += rest.probability;
  sums.lost += rest.lost;
  // Euler and Maclaurin: a sum is the integral from half a step before to half a step behind, less a 24th of the
  // difference of slopes there. The next correction is below 1e-12 of the sum.
  add(last + 1, -1.0 / 24), add(last, 1.0 / 24);
  add(i, 1.0 / 24), add(i - 1, -1.0 / 24);
  return sums;
}

double Swamping::lostFullSwamping() const {
  SwampingSums starts = sumStarts(0);
  return starts.lost / (count * (starts.probability + 1 - beyond(bound / std::sqrt(count))));
}

double Swamping::lost() const {
  double root = std::sqrt(count), scale = std::ldexp(1.0, sumBits - 3 * termBits) / 3;
  double lostBefore = 0, partial = 0, partialLost = 0;
  for (int stage = 1; stage <= termBits; ++stage) {
    double power = std::ldexp(1.0, stage);
    lostBefore += scale * power * (power - 1) * (2 * power - 1);
    // The sum ends in this stage, which is no longer partial at termBits.
    if (stage == termBits || count <= lostBefore)
      continue;
    double from = std::ldexp(bound, stage - termBits);
    double ends = beyond(from / root) - beyond(2 * from / root);
    partial += ends;
    partialLost += ends * lostBefore;
  }
  double before = 1 - beyond(std::ldexp(bound, 1 - termBits) / root);
  SwampingSums starts = sumStarts(lostBefore);
  return (starts.lost + partialLost) / (count * (starts.probability + partial + before));
}

/// How many products count.
static double nonZero(const Products &products) {
  return std::max(1.0, std::round(products.count * products.nonZeroRatio));
}

/// 1 - retention of a sum; one term is kept whole.
static double lostOf(double count, int termBits, int sumBits) {
  return count <= 1 ? 0 : Swamping(count, termBits, sumBits).lost();
}

namespace {
/// The two sums of a sum in chunks: their lengths, and 1 - retention of each.
struct Levels {
  double within, chunks;
  double lostWithin, lostAcross;
};
} // namespace

static Levels levelsOf(const Products &products, int sumBits, int64_t chunk) {
  chunk = std::min(chunk, products.count);
  Levels levels;
  levels.within = nonZero({chunk, products.mantissaBits, products.nonZeroRatio});
  levels.chunks = std::ceil(double(products.count) / chunk);
  int chunkBits = std::min(sumBits, products.mantissaBits + int(std::lround(std::log2(levels.within))));
  levels.lostWithin = lostOf(levels.within, products.mantissaBits, sumBits);
  levels.lostAcross = lostOf(levels.chunks, chunkBits, sumBits);
  return levels;
}

/// 1 - retention, with chunks or without.
static double lostOf(const Products &products, int sumBits, int64_t chunk) {
  if (chunk <= 1)
    return lostOf(nonZero(products), products.mantissaBits, sumBits);
  Levels levels = levelsOf(products, sumBits, chunk);
  return levels.lostWithin + levels.lostAcross - levels.lostWithin * levels.lostAcross;
}

double sluice::precision::varianceRetention(const Products &products, int sumBits) {
  return 1 - lostOf(products, sumBits, 1);
}

double sluice::precision::varianceRetentionFullSwamping(const Products &products, int sumBits) {
  double count = nonZero(products);
  return count <= 1 ? 1 : 1 - Swamping(count, products.mantissaBits, sumBits).lostFullSwamping();
}

double sluice::precision::varianceRetention(const Products &products, int sumBits, int64_t chunk) {
  return 1 - lostOf(products, sumBits, chunk);
}

double sluice::precision::logVarianceLost(const Products &products, int sumBits, int64_t chunk,
                                          ChunkCriterion criterion) {
  if (chunk <= 1 || criterion == ChunkCriterion::Product)
    return nonZero(products) * lostOf(products, sumBits, chunk);
  Levels levels = levelsOf(products, sumBits, chunk);
  return std::max(levels.within * levels.lostWithin, levels.chunks * levels.lostAcross);
}

std::optional<int> sluice::precision::smallestSumBits(const Products &products, int64_t chunk,
                                                      ChunkCriterion criterion) {
  for (int sumBits = 1; sumBits <= 23; ++sumBits)
    if (logVarianceLost(products, sumBits, chunk, criterion) < logSuitable)
      return sumBits;
  return std::nullopt;
}

std::optional<Choice> sluice::precision::chooseChunk(const Products &products, ChunkCriterion criterion) {
  std::optional<Choice> best;
  double middle = std::log2(double(std::max<int64_t>(products.count, 1))) / 2;
  auto distance = [&](const Choice &choice) { return std::fabs(std::log2(double(choice.chunk)) - middle); };
  for (int64_t chunk = 1; chunk == 1 || chunk < products.count; chunk *= 2) {
    std::optional<int> bits = smallestSumBits(products, chunk, criterion);
    if (!bits)
      continue;
    Choice choice{*bits, chunk};
    if (!best || choice.sumBits < best->sumBits ||
        (choice.sumBits == best->sumBits && distance(choice) < distance(*best)))
      best = choice;
  }
  return best;
}
