//===- TensorCore.cpp - The sums of tensor cores ------------------------------------------===//
#include "test/cuda-emulator/code/TensorCore.h"
#include <algorithm>

using namespace sluice::emulator;

/// Below every exponent of a product, and far enough from the end that differences do not overflow.
static constexpr s32 noExponent = -100000;

SumModel sluice::emulator::sumModel(int capability, bool isTF32) {
  if (capability >= 90)
    return {isTF32 ? 8 : 16, 25};
  return {isTF32 ? 4 : 8, 24};
}

/// A finite number of a format.
static Parts partsOf(u32 bits, int exponentBits, int mantissaBits) {
  s32 field = s32(bits >> mantissaBits & ((1u << exponentBits) - 1));
  s32 fraction = s32(bits & ((1u << mantissaBits) - 1));
  s32 significand = (fraction | (field ? 1 << mantissaBits : 0)) << (10 - mantissaBits);
  bool isNegative = bits >> (exponentBits + mantissaBits) & 1;
  s32 exponent = significand ? std::max(field, 1) - ((1 << (exponentBits - 1)) - 1) : noExponent;
  return {isNegative ? -significand : significand, exponent};
}

namespace {
struct Decoded {
  Parts parts;
  f32 value;
};
} // namespace

static Decoded decode(u32 bits, OperandType type) {
  switch (type) {
  case OperandType::F16:
    return {partsOf(bits, 5, 10), F16{u16(bits)}};
  case OperandType::BF16:
    return {partsOf(bits, 8, 7), BF16{u16(bits)}};
  default:
    return {partsOf(bits >> 13, 8, 10), bitsAs<f32>(bits & ~0x1fffu)};
  }
}

void MatrixTile::setA(int row, int k, u32 bits, OperandType type) {
  Decoded decoded = decode(bits, type);
  a[row][k] = decoded.parts;
  aValue[row][k] = decoded.value;
  isFinite &= std::isfinite(decoded.value);
}

void MatrixTile::setB(int k, int column, u32 bits, OperandType type) {
  Decoded decoded = decode(bits, type);
  bSignificand[k][column] = decoded.parts.significand;
  bExponent[k][column] = decoded.parts.exponent;
  bValue[k][column] = decoded.value;
  isFinite &= std::isfinite(decoded.value);
}

/// The exact value of sum * 2^scale, cut off to f32. Hardware overflows to infinity.
static f32 truncateToF32(s64 sum, int scale) {
  if (sum == 0)
    return 0;
  f64 exact = std::ldexp(f64(sum), scale), magnitude = std::fabs(exact);
  if (magnitude >= 0x1p128)
    return f32(std::copysign(std::numeric_limits<f64>::infinity(), exact));
  if (magnitude < 0x1p-126)
    return f32(std::copysign(std::trunc(magnitude * 0x1p149) * 0x1p-149, exact));
  return f32(bitsAs<f64>(bitsAs<u64>(exact) & ~((u64{1} << 29) - 1)));
}

/// The exponent and the 24-bit significand of a finite f32.
static Parts partsOfSum(f32 value) {
  u32 bits = bitsAs<u32>(value);
  s32 field = s32(bits >> 23 & 0xff), fraction = s32(bits & 0x7fffff);
  s32 significand = fraction | (field ? 1 << 23 : 0);
  return {bits >> 31 ? -significand : significand, significand ? std::max(field, 1) - 127 : noExponent};
}

/// A term cut off behind 2^(e - fractionBits), in that unit: significand * 2^(up - down), toward zero.
static inline s64 cutOff(s64 significand, s32 up, s32 down) {
  s64 magnitude = (significand < 0 ? -significand : significand) << up >> std::min(down, 63);
  return significand < 0 ? -magnitude : magnitude;
}

/// One group of one row: eight sums go from `sums` to `sums`.
static void addGroup(const MatrixTile &tile, int row, int first, int size, int fractionBits, f32 *sums) {
  s32 largest[8], significand[8], exponent[8];
  for (int n = 0; n < 8; ++n) {
    Parts sum = partsOfSum(sums[n]);
    largest[n] = exponent[n] = sum.exponent;
    significand[n] = sum.significand;
  }
  for (int k = first; k < first + size; ++k)
    for (int n = 0; n < 8; ++n)
      largest[n] = std::max(largest[n], tile.a[row][k].exponent + tile.bExponent[k][n]);
  s64 total[8];
  for (int n = 0; n < 8; ++n) {
    // The accumulator has 23 bits behind its leading place, a product of two operands has 20.
    s32 down = std::min(largest[n] - exponent[n], 63);
    total[n] = cutOff(significand[n], fractionBits - 23, down);
  }
  for (int k = first; k < first + size; ++k) {
    Parts left = tile.a[row][k];
    for (int n = 0; n < 8; ++n) {
      s32 down = std::min(largest[n] - left.exponent - tile.bExponent[k][n], 31);
      s32 product = left.significand * tile.bSignificand[k][n];
      // Below 2^22, so that five more bits fit.
      s32 magnitude = (product < 0 ? -product : product) << (fractionBits - 20) >> down;
      total[n] += product < 0 ? -magnitude : magnitude;
    }
  }
  for (int n = 0; n < 8; ++n)
    sums[n] = truncateToF32(total[n], largest[n] - fractionBits);
}

void sluice::emulator::multiply(MatrixTile &tile, int products, const SumModel &model) {
  for (int row = 0; row < 16; ++row) {
    f32 *sums = tile.d[row];
    std::copy_n(tile.c[row], 8, sums);
    // An instruction with fewer products than a group is one group.
    const int size = std::min(model.groupSize, products);
    for (int first = 0; first < products; first += size) {
      f64 plain[8] = {};
      bool isFinite = tile.isFinite;
      for (int n = 0; n < 8; ++n)
        isFinite &= std::isfinite(sums[n]);
      if (isFinite) {
        addGroup(tile, row, first, size, model.fractionBits, sums);
        continue;
      }
      // With infinities and NaN a sum is what it is in any order. Others of the row are summed as ever.
      f32 before[8];
      std::copy_n(sums, 8, before);
      for (int n = 0; n < 8; ++n) {
        plain[n] = sums[n];
        for (int k = first; k < first + size; ++k)
          plain[n] += f64(tile.aValue[row][k]) * tile.bValue[k][n];
      }
      addGroup(tile, row, first, size, model.fractionBits, sums);
      for (int n = 0; n < 8; ++n)
        if (!std::isfinite(plain[n]))
          sums[n] = std::isnan(plain[n]) ? canonicalNaN<f32>() : f32(plain[n]);
    }
  }
}
