//===- ReferenceSums.cpp - Sums of products, one product at a time -------------------------===//
#include "passes/Numerics/ReferenceSums.h"
#include <algorithm>
#include <limits>
#include <vector>

using namespace sluice::precision;

namespace {
/// A term of a sum by blocks. The exponent is that of the significand's unit, and none if the value is 0.
struct Term {
  double value;
  int exponent;
};
} // namespace

static constexpr int noExponent = std::numeric_limits<int>::min();

/// The exponent of a value, in a format whose smallest normal number is 2^minExponent.
static int exponentOf(double value, int minExponent) {
  return value == 0 ? noExponent : std::max(std::ilogb(value), minExponent);
}

/// What an instruction makes of the accumulator and a group's products: see Accumulation.h.
static double addGroup(llvm::ArrayRef<Term> products, double accumulator, const Order &order, const Rounder &truncate) {
  static const int minExponentF32 = FloatFormat().minExponent();
  int largest = exponentOf(accumulator, minExponentF32);
  double plain = accumulator;
  for (const Term &product : products) {
    largest = std::max(largest, product.exponent);
    plain += product.value;
  }
  // Infinities and NaNs give what they give in any sum. Finite terms are far from overflowing a double.
  if (!std::isfinite(plain))
    return plain;
  if (largest == noExponent)
    return 0.0;
  // Terms are below 2^2 in the scale of the largest exponent, so their sum has fractionBits + 2 + log2(terms) bits.
  int scale = order.fractionBits - largest;
  int64_t sum = int64_t(std::ldexp(accumulator, scale));
  for (const Term &product : products)
    sum += int64_t(std::ldexp(product.value, scale));
  double exact = std::ldexp(double(sum), -scale);
  // Unlike rounding toward zero, hardware overflows to infinity.
  if (std::fabs(exact) >= 0x1p128)
    return std::copysign(std::numeric_limits<double>::infinity(), exact);
  return truncate.round(exact);
}

/// Sums products that `termOf` gives by number. One function for all, so that every sum goes the same way.
template <typename TermOf>
static double accumulate(int64_t count, const Accumulation &accumulation, RandomWord random, TermOf termOf) {
  Rounder within(accumulation.sum, accumulation.rounding);
  Rounder across(accumulation.across, accumulation.acrossRounding());
  auto word = [&](int64_t k, Addition addition) { return random ? random(k, addition) : 0; };
  int64_t chunk = accumulation.chunked() ? accumulation.chunk : std::max<int64_t>(count, 1);
  int64_t group = accumulation.order.groupSize();
  std::vector<Term> terms(group);
  double total = 0;
  for (int64_t start = 0; start < count; start += chunk) {
    int64_t end = std::min(count, start + chunk);
    double partial = 0;
    for (int64_t k = start; k < end; k += group) {
      if (accumulation.order.sequential()) {
        partial = within.add(partial, termOf(k).value, word(k, Addition::Within));
        continue;
      }
      int64_t size = std::min(group, end - k);
      for (int64_t i = 0; i < size; ++i)
        terms[i] = termOf(k + i);
      partial = addGroup(llvm::ArrayRef(terms).take_front(size), partial, accumulation.order, within);
    }
    if (!accumulation.chunked())
      return partial;
    total = across.add(total, partial, word(end - 1, Addition::Across));
  }
  return total;
}

double sluice::precision::sumOfProducts(llvm::ArrayRef<float> left, llvm::ArrayRef<float> right,
                                        const OperandFormats &formats, const Accumulation &accumulation,
                                        RandomWord random) {
  int leftMin = formats.left.minExponent(), rightMin = formats.right.minExponent();
  bool sequential = accumulation.order.sequential();
  return accumulate(left.size(), accumulation, random, [&](int64_t k) {
    double product = double(left[k]) * double(right[k]);
    if (sequential || product == 0 || !std::isfinite(product))
      return Term{product, noExponent};
    return Term{product, exponentOf(left[k], leftMin) + exponentOf(right[k], rightMin)};
  });
}

double sluice::precision::sumOf(llvm::ArrayRef<double> products, const Accumulation &accumulation, RandomWord random) {
  bool sequential = accumulation.order.sequential();
  return accumulate(products.size(), accumulation, random, [&](int64_t k) {
    return Term{products[k], sequential ? noExponent : exponentOf(products[k], -1022)};
  });
}
