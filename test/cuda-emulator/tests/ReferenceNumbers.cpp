//===- ReferenceNumbers.cpp - Types and numbers of the reference --------------------------===//
#include "test/cuda-emulator/tests/Reference.h"
#include <cmath>
#include <cstring>

using namespace sluice::emulator::tests;

std::optional<Type> sluice::emulator::tests::parseType(const std::string &name) {
  if (name == "pred")
    return Type{Type::Kind::Predicate, 1, false};
  if (name == "tf32")
    return Type{Type::Kind::TF32, 32, false};
  bool isBFloat = name.compare(0, 2, "bf") == 0;
  size_t at = isBFloat ? 2 : 1;
  size_t digits = name.find_first_not_of("0123456789", at);
  if (name.size() <= at || digits == at)
    return std::nullopt;
  Type type;
  type.bits = std::stoi(name.substr(at));
  type.isPair = digits != std::string::npos;
  if (type.isPair && name.substr(digits) != "x2")
    return std::nullopt;
  switch (isBFloat ? 'B' : name[0]) {
  case 'u':
    type.kind = Type::Kind::Unsigned;
    return type;
  case 's':
    type.kind = Type::Kind::Signed;
    return type;
  case 'b':
    type.kind = Type::Kind::Bits;
    return type;
  case 'f':
    type.kind = Type::Kind::Float;
    return type;
  case 'B':
    type.kind = Type::Kind::BFloat;
    return type;
  }
  return std::nullopt;
}

Quad sluice::emulator::tests::decodeFloat(uint64_t bits, const Type &type) {
  if (type.bits == 64) {
    double value;
    std::memcpy(&value, &bits, 8);
    return value;
  }
  uint32_t word = uint32_t(bits);
  if (type.kind == Type::Kind::BFloat)
    word <<= 16;
  if (type.bits == 32 || type.kind == Type::Kind::BFloat) {
    float value;
    std::memcpy(&value, &word, 4);
    return value;
  }
  int exponent = int(word >> 10 & 31), fraction = int(word & 1023);
  double value = exponent == 31 ? (fraction ? NAN : HUGE_VAL)
                 : exponent     ? std::ldexp(1024 + fraction, exponent - 25)
                                : std::ldexp(fraction, -24);
  return word & 0x8000 ? -value : value;
}

Integer sluice::emulator::tests::decodeInteger(uint64_t bits, const Type &type) {
  Integer value = 0;
  for (int i = 0; i < type.bits; ++i)
    if (bits >> i & 1)
      value += i == type.bits - 1 && type.isSigned() ? -(Integer(1) << i) : Integer(1) << i;
  return value;
}

uint64_t sluice::emulator::tests::encodeInteger(Integer value, const Type &type) {
  return type.bits == 64 ? uint64_t(value) : uint64_t(value) & ((uint64_t(1) << type.bits) - 1);
}

/// The last number that is not above a positive one, by halving the codes of positive numbers, which are in order.
static uint64_t lastNotAbove(Quad value, const Type &type, uint64_t infinity) {
  uint64_t low = 0, high = infinity;
  while (low < high) {
    uint64_t middle = low + (high - low + 1) / 2;
    if (decodeFloat(middle, type) <= value)
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

uint64_t sluice::emulator::tests::encodeFloat(Quad value, const Type &type, Direction direction) {
  const int mantissa = type.kind == Type::Kind::BFloat ? 7 : type.bits == 16 ? 10 : type.bits == 32 ? 23 : 52;
  const uint64_t sign = uint64_t(1) << (type.bits - 1), infinity = sign - (uint64_t(1) << mantissa);
  if (value != value)
    return type.bits == 64 ? infinity | sign >> 12 : sign - 1;
  bool isNegative = value < 0 || (value == 0 && std::signbit(double(value)));
  Quad magnitude = isNegative ? -value : value;
  uint64_t below = lastNotAbove(magnitude, type, infinity);
  if (decodeFloat(below, type) == magnitude)
    return (isNegative ? sign : 0) | below;
  // Beyond the largest number the next one counts as if exponents went on.
  Quad lower = decodeFloat(below, type);
  Quad upper = below + 1 == infinity ? lower + (lower - decodeFloat(below - 1, type)) : decodeFloat(below + 1, type);
  Quad toLower = magnitude - lower, toUpper = upper - magnitude;
  bool isUp = false;
  switch (direction) {
  case Direction::Nearest:
    isUp = toUpper < toLower || (toUpper == toLower && (below & 1));
    break;
  case Direction::NearestAway:
    isUp = toUpper <= toLower;
    break;
  case Direction::Zero:
    break;
  case Direction::Down:
    isUp = isNegative;
    break;
  case Direction::Up:
    isUp = !isNegative;
    break;
  }
  return (isNegative ? sign : 0) | (below + isUp);
}
