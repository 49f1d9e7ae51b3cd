//===- FloatFormat.cpp - Floating-point formats of up to 32 bits ---------------------------===//
#include "dialects/Sluice/FloatFormat.h"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

using namespace sluice::precision;

using Specials = FloatFormat::Specials;

namespace {
struct NamedFormat {
  const char *name;
  FloatFormat format;
};
} // namespace

static const NamedFormat namedFormats[] = {
    {"f32", FloatFormat::ieee(8, 23)}, {"tf32", FloatFormat::ieee(8, 10)},  {"bf16", FloatFormat::ieee(8, 7)},
    {"f16", FloatFormat::ieee(5, 10)}, {"f8E5M2", FloatFormat::ieee(5, 2)}, {"f8E4M3FN", {4, 3, 7, Specials::NaNOnly}}};

/// Takes `letter` and the number behind it off the front of `text`. Numbers of more than six digits are none.
static std::optional<int> takeNumber(std::string_view &text, char letter) {
  if (text.empty() || text.front() != letter)
    return std::nullopt;
  int number = 0;
  const char *first = text.data() + 1, *last = text.data() + text.size();
  auto [end, status] = std::from_chars(first, last, number);
  if (status != std::errc() || *first == '-' || end - first > 6)
    return std::nullopt;
  text.remove_prefix(end - text.data());
  return number;
}

std::optional<FloatFormat> FloatFormat::parse(std::string_view name, std::string &error) {
  for (const NamedFormat &named : namedFormats)
    if (name == named.name)
      return named.format;
  std::string_view rest = name;
  std::optional<int> exponent = takeNumber(rest, 'e'), mantissa = takeNumber(rest, 'm');
  std::optional<int> bias = takeNumber(rest, 'b');
  if (!exponent || !mantissa || !rest.empty()) {
    error =
        "expected a format: f32, tf32, bf16, f16, f8E5M2, f8E4M3FN, eXmY or eXmYbB with numbers X, Y and B, found '" +
        std::string(name) + "'";
    return std::nullopt;
  }
  FloatFormat format{*exponent, *mantissa, 0, bias ? Specials::NaNOnly : Specials::InfinityAndNaN};
  // The bias of an impossible exponent is of no interest, and might not be a number.
  if (*exponent >= 1 && *exponent <= 8)
    format.bias = bias.value_or(ieee(*exponent, 0).bias);
  if (std::optional<std::string> problem = format.check()) {
    error = *problem + " in '" + std::string(name) + "'";
    return std::nullopt;
  }
  return format;
}

/// "expected 1 to 8 WHAT, found 9" where a number is out of its range.
static std::optional<std::string> checkRange(const char *what, int number, int least, int most) {
  if (least <= number && number <= most)
    return std::nullopt;
  return "expected " + std::to_string(least) + " to " + std::to_string(most) + " " + what + ", found " +
         std::to_string(number);
}

std::optional<std::string> FloatFormat::check() const {
  if (auto problem = checkRange("exponent bits", exponentBits, 1, 8))
    return problem;
  if (auto problem = checkRange("mantissa bits", mantissaBits, 1, 23))
    return problem;
  // f32's exponents are -126 to 127.
  int least = maxExponent() + bias - 127, most = 127;
  if (least > most)
    return "expected at most 7 exponent bits without infinities, found " + std::to_string(exponentBits);
  if (bias < least || bias > most)
    return "expected a bias of " + std::to_string(least) + " to " + std::to_string(most) + ", found " +
           std::to_string(bias);
  return std::nullopt;
}

std::string FloatFormat::name() const {
  for (const NamedFormat &named : namedFormats)
    if (*this == named.format)
      return named.name;
  return bits();
}

std::string FloatFormat::bits() const {
  if (*this == namedFormats[0].format)
    return namedFormats[0].name;
  std::string text = "e" + std::to_string(exponentBits) + "m" + std::to_string(mantissaBits);
  return hasInfinity() ? text : text + "b" + std::to_string(bias);
}

int FloatFormat::maxExponent() const {
  int highestField = (1 << exponentBits) - 1;
  // Field 0 has the exponent of field 1.
  return std::max(highestField - (hasInfinity() ? 1 : 0), 1) - bias;
}

double FloatFormat::minNormal() const { return std::ldexp(1.0, minExponent()); }

double FloatFormat::quantum() const { return std::ldexp(1.0, minExponent() - mantissaBits); }

double FloatFormat::maxFinite() const {
  uint32_t highest = (uint32_t{1} << (exponentBits + mantissaBits)) - 1; // all ones but the sign
  if (hasInfinity())
    return decode(highest - (uint32_t{1} << mantissaBits));
  return decode(specials == Specials::NaNOnly ? highest - 1 : highest);
}

bool FloatFormat::hasValuesOf(const FloatFormat &other) const {
  return mantissaBits >= other.mantissaBits && quantum() <= other.quantum() && maxFinite() >= other.maxFinite();
}

double FloatFormat::decode(uint32_t code) const {
  uint32_t mantissa = code & ((uint32_t{1} << mantissaBits) - 1);
  uint32_t field = code >> mantissaBits & ((uint32_t{1} << exponentBits) - 1);
  bool highest = field + 1 == uint32_t{1} << exponentBits;
  bool allOnes = highest && mantissa + 1 == uint32_t{1} << mantissaBits;
  double value;
  if (hasInfinity() && highest)
    value = mantissa == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  else if (specials == Specials::NaNOnly && allOnes)
    value = std::numeric_limits<double>::quiet_NaN();
  else if (field == 0)
    value = std::ldexp(double(mantissa), minExponent() - mantissaBits);
  else
    value = std::ldexp(double(mantissa | uint32_t{1} << mantissaBits), int(field) - bias - mantissaBits);
  return code >> (exponentBits + mantissaBits) & 1 ? -value : value;
}

uint32_t FloatFormat::encode(double value) const {
  uint32_t sign = std::signbit(value) ? uint32_t{1} << (exponentBits + mantissaBits) : 0;
  uint32_t highest = (uint32_t{1} << (exponentBits + mantissaBits)) - 1;
  if (!std::isfinite(value)) {
    uint32_t infinity = highest - ((uint32_t{1} << mantissaBits) - 1);
    uint32_t special = !hasInfinity() ? highest : std::isnan(value) ? infinity | 1u << (mantissaBits - 1) : infinity;
    return sign | special;
  }
  double magnitude = std::fabs(value);
  if (magnitude < minNormal())
    return sign | uint32_t(std::ldexp(magnitude, mantissaBits - minExponent()));
  int exponent = std::ilogb(magnitude);
  // The implicit one carries into the exponent field, so that field is one less here.
  return sign |
         ((uint32_t(exponent + bias - 1) << mantissaBits) + uint32_t(std::ldexp(magnitude, mantissaBits - exponent)));
}
