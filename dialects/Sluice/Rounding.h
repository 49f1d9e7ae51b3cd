//===- Rounding.h - Numbers rounded to a format, and exact sums rounded once ---------------===//
//
// Formats' values are held in double, which holds all of them and products of two of them exactly. A sum of an
// accumulator and a product may not fit in a double: addRounded rounds the exact sum, once.
//
// Rounding leaves NaN as it is, keeps the sign of what becomes zero, and is exact for subnormals. What it makes of a
// number beyond the largest finite one, compared after rounding as if the exponent had no bound:
//   nearest-even, stochastic   infinity; NaN where the format has a NaN but no infinity
//   toward zero                the largest finite number. Infinity itself stays
//   formats without specials   the largest finite number; so does infinity
// quantize saturates instead: numbers beyond and infinities become the largest finite number in every format.
//
// Stochastic rounding (Gupta et al., ICML 2015), with finitely many bits: f is the fraction of |x| over the distance of
// neighbours in its binade (of subnormals below the smallest normal number), u the low r = 23 - Y bits of a random
// word, Y the mantissa bits. |x| rounds away from zero iff floor(f 2^r) + u >= 2^r. Each f that is a multiple of 2^-r
// is rounded without bias; of others the mean is too small, in magnitude, by less than 2^-r of the distance of
// neighbours, which is less than 2^-23 of |x| for normal numbers. With 23 mantissa bits, r is 0: that is toward zero.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_DIALECTS_SLUICE_ROUNDING_H
#define SLUICE_DIALECTS_SLUICE_ROUNDING_H

#include "dialects/Sluice/FloatFormat.h"
#include <cmath>
#include <cstring>

namespace sluice::precision {

enum class Rounding : uint8_t { NearestEven, TowardZero, Stochastic };

/// nearest-even, toward-zero, stochastic.
const char *nameOf(Rounding rounding);
std::optional<Rounding> parseRounding(std::string_view name);

/// left + right to odd: the sum where a double holds it, else that of its two neighbours whose last bit is 1. Rounding
/// that to 51 bits or fewer is the same as rounding the sum. The sum may not overflow, and neither may its error
/// underflow: magnitudes are 0 or from 2^-900 to 2^1000.
inline double addToOdd(double left, double right) {
  double sum = left + right, shareOfRight = sum - left;
  double error = (left - (sum - shareOfRight)) + (right - shareOfRight);
  uint64_t bits;
  std::memcpy(&bits, &sum, sizeof(bits));
  // An infinite or NaN sum has a NaN error, and stays.
  if (!(error < 0 || error > 0) || (bits & 1))
    return sum;
  bits = (error > 0) == (sum > 0) ? bits + 1 : bits - 1;
  std::memcpy(&sum, &bits, sizeof(sum));
  return sum;
}

/// Rounds to a format: what the functions below compute, for those that round much.
class Rounder {
public:
  Rounder(const FloatFormat &format, Rounding rounding);

  /// The number of the format that `exact` becomes.
  double round(double exact, uint32_t random = 0) const {
    double magnitude = roundMagnitude(exact, random);
    return std::copysign(magnitude > maxFinite ? overflowOf(exact) : magnitude, exact);
  }

  /// accumulator + product, rounded once. Both are within 2^-298 and 2^256 or 0, or not finite.
  double add(double accumulator, double product, uint32_t random = 0) const {
    return round(addToOdd(accumulator, product), random);
  }

  /// The number of the format that `exact` becomes, the largest finite one where that is none.
  double saturate(double exact, uint32_t random = 0) const {
    double magnitude = roundMagnitude(exact, random);
    return std::copysign(magnitude > maxFinite ? maxFinite : magnitude, exact);
  }

private:
  /// |exact| rounded as if exponents had no upper bound. NaN and infinity stay.
  double roundMagnitude(double exact, uint32_t random) const;
  double overflowOf(double exact) const { return std::isinf(exact) ? infinite : overflow; }

  int mantissaBits, minExponent;
  double maxFinite;
  double overflow; ///< what finite numbers beyond maxFinite become
  double infinite; ///< what infinity becomes
  Rounding rounding;
};

inline double Rounder::roundMagnitude(double exact, uint32_t random) const {
  constexpr int doubleMantissa = 52, doubleBias = 1023;
  uint64_t bits;
  std::memcpy(&bits, &exact, sizeof(bits));
  bits &= ~uint64_t{0} >> 1;
  int field = int(bits >> doubleMantissa);
  if (field == 2 * doubleBias + 1)
    return std::fabs(exact);
  uint64_t implicit = uint64_t{1} << doubleMantissa;
  uint64_t significand = field == 0 ? bits : (bits & (implicit - 1)) | implicit;
  // Exponents of the last place of the double, and of the last that stays.
  int lowest = (field == 0 ? 1 : field) - doubleBias - doubleMantissa;
  int last = (lowest + doubleMantissa > minExponent ? lowest + doubleMantissa : minExponent) - mantissaBits;
  int dropped = last - lowest;
  // Numbers so far below the last place that stays round to 0, but for what their first bits draw.
  constexpr int mostDropped = 62;
  if (dropped > mostDropped && (rounding != Rounding::Stochastic || dropped > mostDropped + 23 - mantissaBits))
    return 0;
  uint64_t kept = dropped > mostDropped ? 0 : significand >> dropped;
  uint64_t rest = dropped > mostDropped ? significand : significand & ((uint64_t{1} << dropped) - 1);
  switch (rounding) {
  case Rounding::NearestEven: {
    uint64_t half = uint64_t{1} << (dropped - 1);
    kept += rest > half || (rest == half && (kept & 1));
    break;
  }
  case Rounding::TowardZero:
    break;
  case Rounding::Stochastic: {
    int randomBits = 23 - mantissaBits;
    uint64_t fraction = rest >> (dropped - randomBits), mask = (uint64_t{1} << randomBits) - 1;
    kept += (fraction + (random & mask)) >> randomBits;
    break;
  }
  }
  // 2^last is a normal double: formats' last places are from 2^-149 up.
  uint64_t scaleBits = uint64_t(last + doubleBias) << doubleMantissa;
  double scale;
  std::memcpy(&scale, &scaleBits, sizeof(scale));
  return double(kept) * scale;
}

/// The number of the format that `exact` becomes. `random` is a word of random bits, which stochastic rounding uses.
double roundTo(double exact, const FloatFormat &format, Rounding rounding, uint32_t random = 0);

/// accumulator + product, of which the first is a value of f32 and the second a product of two: the exact sum, rounded
/// once. The sum of numbers that cancel is +0, as in IEEE 754.
double addRounded(double accumulator, double product, const FloatFormat &format, Rounding rounding,
                  uint32_t random = 0);

/// An operand of a contraction: rounded, and saturated where the format has no such number. NaN stays NaN.
double quantize(double value, const FloatFormat &format, Rounding rounding = Rounding::NearestEven,
                uint32_t random = 0);

} // namespace sluice::precision

#endif // SLUICE_DIALECTS_SLUICE_ROUNDING_H
