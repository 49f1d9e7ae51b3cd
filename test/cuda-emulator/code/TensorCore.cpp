//===- TensorCore.cpp - The sums of tensor cores ------------------------------------------===//
#include "test/cuda-emulator/code/TensorCore.h"

using namespace sluice::emulator;

/// Below every exponent of a product, and far enough from the end that differences do not overflow.
static constexpr s32 noExponent = -100000;

SumModel sluice::emulator::sumModel(int capability, bool isTF32) {
  if (capability >= 90)
    return {isTF32 ? 8 : 16, 25};
  return {isTF32 ? 4 : 8, 24};
}

namespace {
/// How the bits of an operand are divided; those below the mantissa do not count.
struct Layout {
  int exponentBits, mantissaBits, unused;
};

/// An operand's value is significand * 2^(exponent - 10); the exponent is that of the leading place of 1.x.
struct Parts {
  s32 significand, exponent;
};

/// Operands of an instruction as integers.
struct DecodedTile {
  s32 aSignificand[16][mostProducts], aExponent[16][mostProducts];
  s32 bSignificand[mostProducts][8], bExponent[mostProducts][8];
};
} // namespace

static Layout layoutOf(OperandType type) {
  return type == OperandType::F16 ? Layout{5, 10, 0} : type == OperandType::BF16 ? Layout{8, 7, 0} : Layout{8, 10, 13};
}

static inline Parts partsOf(u32 word, const Layout &layout) {
  u32 bits = word >> layout.unused;
  s32 field = s32(bits >> layout.mantissaBits & ((1u << layout.exponentBits) - 1));
  s32 fraction = s32(bits & ((1u << layout.mantissaBits) - 1));
  s32 significand = (fraction | (field ? 1 << layout.mantissaBits : 0)) << (10 - layout.mantissaBits);
  s32 exponent = (field ? field : 1) - ((1 << (layout.exponentBits - 1)) - 1);
  bool isNegative = bits >> (layout.exponentBits + layout.mantissaBits) & 1;
  return {isNegative ? -significand : significand, significand ? exponent : noExponent};
}

/// Decodes `count` operands; whether all are finite.
static bool decode(const u32 *words, int count, const Layout &layout, s32 *significands, s32 *exponents) {
  const u32 infinite = ((1u << layout.exponentBits) - 1) << layout.mantissaBits << layout.unused;
  u32 notFinite = 0;
  for (int i = 0; i < count; ++i) {
    Parts parts = partsOf(words[i], layout);
    significands[i] = parts.significand;
    exponents[i] = parts.exponent;
    notFinite |= (words[i] & infinite) == infinite;
  }
  return !notFinite;
}

static f32 valueOf(u32 word, OperandType type) {
  return type == OperandType::F16    ? f32(F16{u16(word)})
         : type == OperandType::BF16 ? f32(BF16{u16(word)})
                                     : bitsAs<f32>(word & ~0x1fffu);
}

// Eight columns at once. Both compilers have these types; what a processor lacks they take apart.
using Ints = s32 __attribute__((vector_size(32)));
using Longs = s64 __attribute__((vector_size(64)));
using Floats = f32 __attribute__((vector_size(32)));
using Doubles = f64 __attribute__((vector_size(64)));

template <typename To, typename From> static inline To vectorAs(const From &from) { return bitsAs<To>(from); }

static inline Ints load(const s32 *from) {
  Ints to;
  std::memcpy(&to, from, sizeof(to));
  return to;
}

static inline Ints largerOf(Ints left, Ints right) { return left < right ? right : left; }

/// sum * 2^scale, cut off to f32. Hardware overflows to infinity. Both are exact in f64.
static inline Floats truncateToF32(Doubles sum, Ints scale) {
  Longs exponent = __builtin_convertvector(scale + 1023, Longs) << 52;
  Doubles exact = sum * vectorAs<Doubles>(exponent);
  Longs sign = vectorAs<Longs>(exact) & s64(u64{1} << 63);
  Doubles magnitude = vectorAs<Doubles>(vectorAs<Longs>(exact) ^ sign);
  Doubles normal = vectorAs<Doubles>(vectorAs<Longs>(magnitude) & ~((s64{1} << 29) - 1));
  // Below 2^23 places of the smallest subnormal, which fit in an integer.
  Doubles places = magnitude < 0x1p-126 ? magnitude * 0x1p149 : Doubles{};
  Doubles subnormal = __builtin_convertvector(__builtin_convertvector(places, Ints), Doubles) * 0x1p-149;
  Doubles cut = magnitude < 0x1p-126 ? subnormal : normal;
  const Doubles infinity = Doubles{} + std::numeric_limits<f64>::infinity();
  Doubles whole = magnitude >= 0x1p128 ? infinity : cut;
  return __builtin_convertvector(vectorAs<Doubles>(vectorAs<Longs>(whole) | sign), Floats);
}

/// A term in units of 2^(e - fractionBits): significand * 2^(up - down), toward zero.
static inline Ints cutOff(Ints significand, int up, Ints down) {
  const Ints most = Ints{} + 31;
  Ints sign = significand >> 31, magnitude = (significand ^ sign) - sign;
  magnitude = magnitude << up >> (down < most ? down : most);
  return (magnitude ^ sign) - sign;
}

/// One group of one row: eight sums go from `sums` to `sums`.
static void addGroup(const DecodedTile &tile, int row, int first, int size, int fractionBits, f32 *sums) {
  Ints bits;
  std::memcpy(&bits, sums, sizeof(bits));
  Ints sign = bits >> 31, field = bits >> 23 & 0xff;
  Ints magnitude = (bits & 0x7fffff) | (field != 0 ? Ints{} + (1 << 23) : Ints{});
  Ints significand = (magnitude ^ sign) - sign;
  Ints exponent = magnitude != 0 ? largerOf(field, Ints{} + 1) - 127 : Ints{} + noExponent;
  Ints largest = exponent;
  for (int k = first; k < first + size; ++k)
    largest = largerOf(largest, tile.aExponent[row][k] + load(tile.bExponent[k]));
  // The accumulator has 23 bits behind its leading place, a product has 20 and is below 2^22: terms fit in 32 bits.
  Doubles total = __builtin_convertvector(cutOff(significand, fractionBits - 23, largest - exponent), Doubles);
  for (int k = first; k < first + size; ++k) {
    Ints down = largest - tile.aExponent[row][k] - load(tile.bExponent[k]);
    Ints term = cutOff(tile.aSignificand[row][k] * load(tile.bSignificand[k]), fractionBits - 20, down);
    total += __builtin_convertvector(term, Doubles);
  }
  // Where all terms are zero, so is the sum, whatever its scale.
  Floats result = truncateToF32(total, largerOf(largest - fractionBits, Ints{} - 1000));
  std::memcpy(sums, &result, sizeof(result));
}

/// With infinities and NaN a sum is what it is in any order.
static void addSpecial(const MatrixTile &tile, OperandType type, int row, int first, int size, const f32 *before,
                       f32 *sums) {
  for (int n = 0; n < 8; ++n) {
    f64 plain = before[n];
    for (int k = first; k < first + size; ++k)
      plain += f64(valueOf(tile.a[row][k], type)) * valueOf(tile.b[k][n], type);
    if (!std::isfinite(plain))
      sums[n] = std::isnan(plain) ? canonicalNaN<f32>() : f32(plain);
  }
}

void sluice::emulator::multiply(MatrixTile &tile, OperandType type, int products, const SumModel &model) {
  // An instruction with fewer products than a group is one group.
  const int size = std::min(model.groupSize, products);
  const Layout layout = layoutOf(type);
  DecodedTile decoded;
  bool areOperandsFinite = decode(tile.b[0], products * 8, layout, decoded.bSignificand[0], decoded.bExponent[0]);
  for (int row = 0; row < 16; ++row)
    areOperandsFinite &= decode(tile.a[row], products, layout, decoded.aSignificand[row], decoded.aExponent[row]);
  for (int row = 0; row < 16; ++row) {
    f32 *sums = tile.d[row];
    std::copy_n(tile.c[row], 8, sums);
    for (int first = 0; first < products; first += size) {
      f32 before[8];
      bool isFinite = areOperandsFinite;
      for (int n = 0; n < 8; ++n) {
        before[n] = sums[n];
        isFinite &= (bitsAs<u32>(sums[n]) & 0x7f800000u) != 0x7f800000u;
      }
      addGroup(decoded, row, first, size, model.fractionBits, sums);
      if (!isFinite)
        addSpecial(tile, type, row, first, size, before, sums);
    }
  }
}
