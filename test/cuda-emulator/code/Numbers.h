//===- Numbers.h - The types of PTX, and their conversions --------------------------------===//
//
// Floating point follows PTX: results are IEEE 754's, NaN results are the canonical NaN of the type, minimum and
// maximum leave out NaN. Sixteen-bit formats are computed in double, whose sums of products are rounded to odd, so that
// one rounding to the format follows.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_CODE_NUMBERS_H
#define SLUICE_TEST_CUDAEMULATOR_CODE_NUMBERS_H

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

namespace sluice::emulator {

using u8 = uint8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;
using s8 = int8_t;
using s16 = int16_t;
using s32 = int32_t;
using s64 = int64_t;
using f32 = float;
using f64 = double;

/// The bits of a number as another type of the same size.
template <typename To, typename From> inline To bitsAs(From from) {
  static_assert(sizeof(To) == sizeof(From), "sizes differ");
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}

enum class Round : u8 { Nearest, NearestAway, Zero, Down, Up };

/// A number rounded to a format with `exponentBits` and `mantissaBits`, with infinity and NaN as IEEE 754 has them, as
/// its bits. The payload of NaN is lost: its canonical bits are all but the sign.
inline u32 encode(f64 value, int exponentBits, int mantissaBits, Round mode = Round::Nearest) {
  const int bias = (1 << (exponentBits - 1)) - 1, least = 1 - bias;
  const u32 infinity = ((1u << exponentBits) - 1) << mantissaBits;
  const u32 sign = u32(std::signbit(value)) << (exponentBits + mantissaBits);
  if (std::isnan(value))
    return (1u << (exponentBits + mantissaBits)) - 1;
  f64 magnitude = std::fabs(value);
  if (std::isinf(value))
    return sign | infinity;
  if (magnitude == 0)
    return sign;
  int exponent = std::max(std::ilogb(magnitude), least);
  f64 scaled = std::ldexp(magnitude, mantissaBits - exponent), whole = std::floor(scaled), rest = scaled - whole;
  bool isNegative = sign != 0, isInexact = rest > 0;
  bool isUp = mode == Round::Nearest       ? rest > 0.5 || (rest == 0.5 && (u64(whole) & 1))
              : mode == Round::NearestAway ? rest >= 0.5
              : mode == Round::Up          ? isInexact && !isNegative
              : mode == Round::Down        ? isInexact && isNegative
                                           : false;
  u64 significand = u64(whole) + isUp;
  // A carry out of the mantissa goes into the exponent, as the bits lie. Subnormals have the exponent field 0.
  u64 bits = (u64(exponent - least) << mantissaBits) + significand;
  if (bits < infinity)
    return sign | u32(bits);
  bool isLargest = mode == Round::Zero || (mode == Round::Down && !isNegative) || (mode == Round::Up && isNegative);
  return sign | (isLargest ? infinity - 1 : infinity);
}

/// Sixteen bits that are a number. Conversion to f32 is exact.
struct F16 {
  u16 bits;
  static F16 of(f64 value, Round mode = Round::Nearest) { return {u16(encode(value, 5, 10, mode))}; }
  /// Rounded to nearest-even by the bits alone, which is fast.
  static F16 of(f32 value) {
    u32 sign = bitsAs<u32>(value) >> 16 & 0x8000u, magnitude = bitsAs<u32>(value) & 0x7fffffffu;
    // An addition of 1/2 rounds subnormals where their last place is.
    u32 subnormal = bitsAs<u32>(bitsAs<f32>(magnitude) + 0.5f) - 0x3f000000u;
    u32 normal = (magnitude - (112u << 23) + 0xfffu + (magnitude >> 13 & 1)) >> 13;
    u32 finite = magnitude < 0x38800000u ? subnormal : std::min(normal, 0x7c00u);
    u32 all = magnitude >= 0x47800000u ? 0x7c00u : finite;
    return {u16(magnitude > 0x7f800000u ? 0x7fffu : sign | all)};
  }
  operator f32() const {
    u32 magnitude = bits & 0x7fffu, sign = u32(bits & 0x8000u) << 16;
    if (magnitude >= 0x7c00u)
      return bitsAs<f32>(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
    if (magnitude >= 0x400u)
      return bitsAs<f32>(sign | ((magnitude << 13) + (112u << 23)));
    f32 value = f32(magnitude) * 0x1p-24f;
    return sign ? -value : value;
  }
};

struct BF16 {
  u16 bits;
  static BF16 of(f64 value, Round mode = Round::Nearest) { return {u16(encode(value, 8, 7, mode))}; }
  /// Rounded to nearest-even by the bits alone, which is fast.
  static BF16 of(f32 value) {
    u32 all = bitsAs<u32>(value);
    bool isNaN = (all & 0x7fffffffu) > 0x7f800000u;
    return {u16(isNaN ? 0x7fffu : (all + 0x7fffu + (all >> 16 & 1)) >> 16)};
  }
  operator f32() const { return bitsAs<f32>(u32(bits) << 16); }
};

/// An f32 that is rounded to tf32: 10 bits of mantissa, ties away from zero (rna) or to even (rn).
inline u32 toTF32(f32 value, Round mode) {
  u32 bits = bitsAs<u32>(value);
  if ((bits & 0x7f800000u) == 0x7f800000u)
    return std::isnan(value) ? 0x7fffffffu : bits;
  u32 half = mode == Round::NearestAway ? 0x1000u : mode == Round::Nearest ? 0xfffu + (bits >> 13 & 1) : 0;
  return (bits + half) & ~0x1fffu;
}

/// left + right, rounded to odd (Rounding.h of dialects/Sluice has the argument).
inline f64 addToOdd(f64 left, f64 right) {
  f64 sum = left + right, ofRight = sum - left, error = (left - (sum - ofRight)) + (right - ofRight);
  u64 bits = bitsAs<u64>(sum);
  if (!(error < 0 || error > 0) || (bits & 1))
    return sum;
  return bitsAs<f64>((error > 0) == (sum > 0) ? bits + 1 : bits - 1);
}

template <typename T> inline T canonicalNaN() { return std::numeric_limits<T>::quiet_NaN(); }
/// PTX: the NaN of f32 results is 0x7fffffff.
template <> inline f32 canonicalNaN<f32>() { return bitsAs<f32>(0x7fffffffu); }

template <typename T> inline T flushed(T value) {
  return std::fabs(value) < std::numeric_limits<T>::min() ? std::copysign(T(0), value) : value;
}

/// min and max of PTX: the number where one operand is NaN, and -0 is below +0.
template <typename T> inline T minimum(T left, T right) {
  T result = left < right || (left == right && std::signbit(left)) ? left : right;
  return left != left ? right : right != right ? left : result;
}
template <typename T> inline T maximum(T left, T right) {
  T result = left > right || (left == right && !std::signbit(left)) ? left : right;
  return left != left ? right : right != right ? left : result;
}

/// A float rounded to an integer, in its own type.
inline f64 roundToInteger(f64 value, Round mode) {
  switch (mode) {
  case Round::Zero:
    return std::trunc(value);
  case Round::Down:
    return std::floor(value);
  case Round::Up:
    return std::ceil(value);
  default:
    return std::nearbyint(value);
  }
}

/// A float as an integer: out of range is the nearest bound, NaN is 0 in 32 bits and less, and 2^63 in 64 bits, as
/// cards do.
template <typename T> inline T toInteger(f64 value, Round mode) {
  if (std::isnan(value))
    return sizeof(T) == 8 ? T(u64{1} << 63) : T(0);
  value = roundToInteger(value, mode);
  const f64 beyond = std::ldexp(1.0, int(sizeof(T)) * 8 - std::is_signed_v<T>);
  if (value >= beyond)
    return std::numeric_limits<T>::max();
  if (value < f64(std::numeric_limits<T>::min()))
    return std::numeric_limits<T>::min();
  return T(value);
}

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_CODE_NUMBERS_H
