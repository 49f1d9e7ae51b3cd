//===- Rounding.cpp - Numbers rounded to a format, and exact sums rounded once -------------===//
#include "dialects/Sluice/Rounding.h"
#include <limits>

using namespace sluice::precision;

static constexpr const char *roundingNames[] = {"nearest-even", "toward-zero", "stochastic"};

const char *sluice::precision::nameOf(Rounding rounding) { return roundingNames[int(rounding)]; }

std::optional<Rounding> sluice::precision::parseRounding(std::string_view name) {
  for (Rounding rounding : {Rounding::NearestEven, Rounding::TowardZero, Rounding::Stochastic})
    if (name == nameOf(rounding))
      return rounding;
  return std::nullopt;
}

Rounder::Rounder(const FloatFormat &format, Rounding rounding)
    : mantissaBits(format.mantissaBits), minExponent(format.minExponent()), maxFinite(format.maxFinite()),
      rounding(rounding) {
  infinite = maxFinite;
  if (format.hasInfinity())
    infinite = std::numeric_limits<double>::infinity();
  else if (format.specials == FloatFormat::Specials::NaNOnly)
    infinite = std::numeric_limits<double>::quiet_NaN();
  overflow = rounding == Rounding::TowardZero ? maxFinite : infinite;
}

double sluice::precision::roundTo(double exact, const FloatFormat &format, Rounding rounding, uint32_t random) {
  return Rounder(format, rounding).round(exact, random);
}

double sluice::precision::addRounded(double accumulator, double product, const FloatFormat &format, Rounding rounding,
                                     uint32_t random) {
  return Rounder(format, rounding).add(accumulator, product, random);
}

double sluice::precision::quantize(double value, const FloatFormat &format, Rounding rounding, uint32_t random) {
  return Rounder(format, rounding).saturate(value, random);
}
