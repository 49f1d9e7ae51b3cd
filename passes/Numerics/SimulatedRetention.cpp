//===- SimulatedRetention.cpp - How narrow a sum may be, and how far it is off, by trials -===//
#include "passes/Numerics/SimulatedRetention.h"
#include "runtime/Philox.h"
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

using namespace sluice::precision;
using sluice::runtime::philox;
using sluice::runtime::PhiloxCounter;

namespace {
/// What a word is drawn for: words of different streams are independent.
enum class Stream : uint32_t { Products, Zeros, Within, Across };
} // namespace

/// Four words of a trial; trials are numbered below 2^30.
static PhiloxCounter draw(const Trials &trials, int64_t trial, Stream stream, int64_t index) {
  return philox({uint32_t(index), uint32_t(index >> 32), uint32_t(trial), uint32_t(stream)},
                sluice::runtime::philoxKey(trials.seed));
}

/// Two normal numbers of a trial.
static std::array<double, 2> drawPair(const Trials &trials, int64_t trial, int64_t index) {
  return sluice::runtime::normalPair(draw(trials, trial, Stream::Products, index));
}

/// Whether product k of a trial is made 0.
static bool drawZero(const Products &products, const Trials &trials, int64_t trial, int64_t k) {
  if (products.nonZeroRatio >= 1)
    return false;
  PhiloxCounter words = draw(trials, trial, Stream::Zeros, k);
  return sluice::runtime::uniformDouble(words[0], words[1]) >= products.nonZeroRatio;
}

/// The ratio of mean squares over trials. sumTrial(trial, random) is a trial's narrow sum and its exact one.
template <typename SumTrial> static Retention estimate(const Trials &trials, SumTrial sumTrial) {
  std::vector<double> narrow(trials.count), exact(trials.count);
  double narrowSquares = 0, exactSquares = 0;
  for (int64_t trial = 0; trial < trials.count; ++trial) {
    auto random = [&](int64_t k, Addition addition) {
      return draw(trials, trial, addition == Addition::Within ? Stream::Within : Stream::Across, k)[0];
    };
    auto [narrowSum, exactSum] = sumTrial(trial, random);
    narrow[trial] = narrowSum * narrowSum, exact[trial] = exactSum * exactSum;
    narrowSquares += narrow[trial], exactSquares += exact[trial];
  }
  Retention retention;
  retention.ratio = narrowSquares / exactSquares;
  double residuals = 0;
  for (int64_t trial = 0; trial < trials.count; ++trial) {
    double residual = narrow[trial] - retention.ratio * exact[trial];
    residuals += residual * residual;
  }
  retention.standardError = std::sqrt(residuals) / exactSquares;
  return retention;
}

Retention sluice::precision::simulateRetention(const Products &products, const Accumulation &accumulation,
                                               const Trials &trials) {
  Rounder rounder(FloatFormat::ieee(8, std::min(products.mantissaBits, 23)), Rounding::NearestEven);
  std::vector<double> terms(products.count);
  std::array<double, 2> pair;
  return estimate(trials, [&](int64_t trial, RandomWord random) {
    double exact = 0;
    // Both numbers of a pair are products.
    for (int64_t k = 0; k < products.count; ++k) {
      if (k % 2 == 0)
        pair = drawPair(trials, trial, k / 2);
      terms[k] = drawZero(products, trials, trial, k) ? 0 : rounder.round(pair[k % 2]);
      exact += terms[k];
    }
    return std::pair(sumOf(terms, accumulation, random), exact);
  });
}

/// `estimate` of sums of normal operands, with of(narrow sum, exact sum) in place of the narrow sum.
template <typename Of>
static Retention estimateOfOperands(const Products &products, const OperandFormats &formats,
                                    const Accumulation &accumulation, const Trials &trials, Of of) {
  Rounder left(formats.left, Rounding::NearestEven), right(formats.right, Rounding::NearestEven);
  std::vector<float> lefts(products.count), rights(products.count);
  return estimate(trials, [&](int64_t trial, RandomWord random) {
    double exact = 0;
    for (int64_t k = 0; k < products.count; ++k) {
      std::array<double, 2> pair = drawPair(trials, trial, k);
      lefts[k] = drawZero(products, trials, trial, k) ? 0.0f : float(left.saturate(pair[0]));
      rights[k] = float(right.saturate(pair[1]));
      exact += double(lefts[k]) * double(rights[k]);
    }
    return std::pair(of(sumOfProducts(lefts, rights, formats, accumulation, random), exact), exact);
  });
}

Retention sluice::precision::simulateRetention(const Products &products, const OperandFormats &formats,
                                               const Accumulation &accumulation, const Trials &trials) {
  return estimateOfOperands(products, formats, accumulation, trials, [](double narrow, double) { return narrow; });
}

RelativeError sluice::precision::simulateError(int64_t count, const OperandFormats &formats,
                                               const Accumulation &accumulation, const Trials &trials) {
  Retention squares = estimateOfOperands({count, 0, 1}, formats, accumulation, trials,
                                         [](double narrow, double exact) { return narrow - exact; });
  double value = std::sqrt(squares.ratio);
  // Half the relative error of the square.
  return {value, value > 0 ? squares.standardError / (2 * value) : 0};
}

std::optional<SimulatedChoice> sluice::precision::smallestSimulatedSumBits(const Products &products,
                                                                           const Accumulation &accumulation,
                                                                           const Trials &trials) {
  double count = std::max(1.0, products.count * products.nonZeroRatio);
  std::optional<SimulatedChoice> smallest;
  int unsuitable = 0, suitable = 24;
  while (suitable - unsuitable > 1) {
    int bits = (unsuitable + suitable) / 2;
    Accumulation narrow = accumulation;
    narrow.sum.mantissaBits = bits;
    if (accumulation.across != FloatFormat())
      narrow.across.mantissaBits = bits;
    Retention retention = simulateRetention(products, narrow, trials);
    SimulatedChoice choice{bits, count * (1 - retention.ratio), count * retention.standardError};
    if (choice.logVarianceLost < logSuitable) {
      suitable = bits;
      smallest = choice;
    } else {
      unsuitable = bits;
    }
  }
  return smallest;
}
