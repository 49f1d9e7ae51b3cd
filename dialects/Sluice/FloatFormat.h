//===- FloatFormat.h - Floating-point formats of up to 32 bits -----------------------------===//
//
// A sign, an exponent field of X bits and a mantissa field of Y bits, which lie in this order from the highest bit
// down. With exponent field e, mantissa field f and bias B a code stands for (1 + f 2^-Y) 2^(e-B), and for f 2^(1-B-Y)
// where e is 0. Every value of every format here is a value of f32, so a product of two is exact in double.
//
// Names:
//   f32 tf32 bf16 f16 f8E5M2 f8E4M3FN   as MLIR names the types; tf32 is e8m10
//   eXmY                                IEEE 754's bias 2^(X-1) - 1 and its infinities and NaNs, such as e6m9
//   eXmYbB                              bias B, no infinity, NaN where all bits are one, such as e4m3b4
//
// e4m3b4 is the 1-4-3 of HFP8 (Sun et al., NeurIPS 2019) as this project states it: bias 4. That it has no infinity and
// one NaN follows the hardware that it was made for, which merges both in the code of all ones; the paper's text could
// not be checked. MLIR attributes a bias of 11, 4 more than IEEE's 7, to the same paper (f8E4M3B11FNUZ): e4m3b11.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_DIALECTS_SLUICE_FLOATFORMAT_H
#define SLUICE_DIALECTS_SLUICE_FLOATFORMAT_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::precision {

/// A format; parse() and check() say which there are.
struct FloatFormat {
  /// What the codes of the highest exponent mean.
  enum class Specials : uint8_t {
    InfinityAndNaN, ///< mantissa 0 is infinity, any other is NaN
    NaNOnly,        ///< all ones is NaN, the others are numbers
    None            ///< all are numbers
  };

  int exponentBits = 8;
  int mantissaBits = 23;
  int bias = 127;
  Specials specials = Specials::InfinityAndNaN;

  /// eXmY: IEEE 754's bias, infinities and NaNs.
  static FloatFormat ieee(int exponentBits, int mantissaBits) {
    return {exponentBits, mantissaBits, (1 << (exponentBits - 1)) - 1, Specials::InfinityAndNaN};
  }

  /// The format of a name. Without one, `error` says in a line what was expected and what was found.
  static std::optional<FloatFormat> parse(std::string_view name, std::string &error);

  /// What is impossible about the format, in a line; nothing where it is possible. 1 to 8 exponent bits, 1 to 23
  /// mantissa bits, and a bias that keeps every value one of f32.
  std::optional<std::string> check() const;

  /// The name of the type where it has one, such as bf16, and what bits() says elsewhere.
  std::string name() const;

  /// eXmY or eXmYbB, and f32. How formats of sums are written. parse() reads it, save that a format without specials
  /// has no name, and is written as eXmYbB.
  std::string bits() const;

  int storageBits() const { return 1 + exponentBits + mantissaBits; }
  /// Bits of a normal number's significand, the implicit one included.
  int significantBits() const { return mantissaBits + 1; }
  /// The exponent of the smallest normal number: it is 2^minExponent(), and quanta below it are as large.
  int minExponent() const { return 1 - bias; }
  /// The exponent of the largest finite number.
  int maxExponent() const;
  /// Whether sums overflow to infinity.
  bool hasInfinity() const { return specials == Specials::InfinityAndNaN; }

  double maxFinite() const;
  double minNormal() const;
  /// The smallest positive number, the distance of subnormals.
  double quantum() const;

  /// Whether every finite value of the other format is one of this.
  bool hasValuesOf(const FloatFormat &other) const;

  /// The value of a code, which has storageBits() bits. NaNs lose their payload.
  double decode(uint32_t code) const;
  /// The code of a value of the format, of an infinity or of a NaN, which gets the quiet bit and no other. Infinity and
  /// NaN become the largest finite number where the format has neither them nor a NaN in their place.
  uint32_t encode(double value) const;
};

inline bool operator==(const FloatFormat &left, const FloatFormat &right) {
  return left.exponentBits == right.exponentBits && left.mantissaBits == right.mantissaBits &&
         left.bias == right.bias && left.specials == right.specials;
}
inline bool operator!=(const FloatFormat &left, const FloatFormat &right) { return !(left == right); }

} // namespace sluice::precision

#endif // SLUICE_DIALECTS_SLUICE_FLOATFORMAT_H
