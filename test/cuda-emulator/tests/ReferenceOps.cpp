//===- ReferenceOps.cpp - What instructions compute, one number at a time -----------------===//
#include "test/cuda-emulator/tests/Reference.h"
#include <algorithm>
#include <cmath>

using namespace sluice::emulator::tests;

namespace {
/// One element of an instruction.
class Element {
public:
  Element(const Signature &signature, const Type &type, std::vector<uint64_t> operands)
      : signature(signature), type(type), operands(std::move(operands)) {}

  uint64_t compute() const;

private:
  bool has(const char *part) const {
    return std::find(signature.parts.begin() + 1, signature.parts.end(), part) != signature.parts.end();
  }
  const std::string &name() const { return signature.parts[0]; }
  uint64_t integer() const;
  uint64_t bits() const;
  uint64_t field() const;
  uint64_t floating() const;
  uint64_t minimumOrMaximum(Quad a, Quad b) const;
  uint64_t convert() const;
  uint64_t compare() const;
  Quad number(size_t index) const;
  Direction direction() const;

  const Signature &signature;
  Type type; ///< of the operands
  std::vector<uint64_t> operands;
};
} // namespace

static Quad flush(Quad value) {
  Quad magnitude = value < 0 ? -value : value;
  return magnitude < 0x1p-126 ? Quad(std::copysign(0.0, double(value))) : value;
}

Quad Element::number(size_t index) const {
  Quad value = decodeFloat(operands[index], type);
  return has("ftz") && type.bits == 32 ? flush(value) : value;
}

/// Arithmetic that wraps around the width.
uint64_t Element::integer() const {
  std::vector<Integer> v;
  for (size_t i = 0; i < operands.size(); ++i)
    v.push_back(decodeInteger(operands[i], signature.operands[i]));
  const Type &result = signature.result;
  if (has("sat")) {
    Integer exact = name() == "add" ? v[0] + v[1] : v[0] - v[1];
    return encodeInteger(std::clamp(exact, -(Integer(1) << 31), (Integer(1) << 31) - 1), result);
  }
  if (name() == "add")
    return encodeInteger(v[0] + v[1], result);
  if (name() == "sub")
    return encodeInteger(v[0] - v[1], result);
  if (name() == "mul" || name() == "mad") {
    // Products of two numbers of 64 bits without sign fit in 128 bits without sign.
    Integer product = Integer((unsigned __int128)(v[0]) * (unsigned __int128)(v[1]));
    if (has("hi"))
      product = type.isSigned() ? product >> type.bits : Integer((unsigned __int128)(product) >> type.bits);
    return encodeInteger(name() == "mad" ? Integer((unsigned __int128)(product) + (unsigned __int128)(v[2])) : product,
                         result);
  }
  if (name() == "div")
    return encodeInteger(v[1] == 0 ? Integer(-1) : v[0] / v[1], result);
  if (name() == "rem")
    return encodeInteger(v[1] == 0 ? v[0] : v[0] % v[1], result);
  if (name() == "min")
    return encodeInteger(std::min(v[0], v[1]), result);
  if (name() == "max")
    return encodeInteger(std::max(v[0], v[1]), result);
  Integer magnitude = v[0] < 0 ? -v[0] : v[0];
  return encodeInteger(name() == "neg" ? -v[0] : magnitude, result);
}

/// Logic and counts, bit by bit.
uint64_t Element::bits() const {
  const uint64_t a = operands[0], b = operands.size() > 1 ? operands[1] : 0, c = operands.size() > 2 ? operands[2] : 0;
  const int width = type.bits;
  uint64_t result = 0;
  auto bit = [](uint64_t of, int place) { return of >> place & 1; };
  for (int i = 0; i < width; ++i) {
    uint64_t x = bit(a, i), y = bit(b, i), value = 0;
    if (name() == "and")
      value = x && y;
    else if (name() == "or")
      value = x || y;
    else if (name() == "xor")
      value = x != y;
    else if (name() == "not")
      value = !x;
    else if (name() == "mov" || name() == "cvta")
      value = x;
    else if (name() == "brev")
      value = bit(a, width - 1 - i);
    else if (name() == "selp")
      value = c & 1 ? x : y;
    else if (name() == "lop3")
      value = *signature.constant >> (4 * x + 2 * y + bit(c, i)) & 1;
    result |= value << i;
  }
  if (name() == "cvta") {
    // The window of shared memory.
    uint64_t window = has("shared") ? uint64_t(1) << 46 : 0;
    result = has("to") ? result - window : result + window;
  }
  return result;
}

/// Shifts and fields, bit by bit.
uint64_t Element::field() const {
  const uint64_t a = operands[0], b = operands.size() > 1 ? operands[1] : 0, c = operands.size() > 2 ? operands[2] : 0;
  const int width = type.bits;
  auto bit = [](uint64_t of, int64_t place) { return place >= 0 && place < 64 ? of >> place & 1 : 0; };
  uint64_t sign = type.isSigned() ? bit(a, width - 1) : 0, result = 0;
  if (name() == "popc" || name() == "clz" || name() == "bfind") {
    int count = 0, highest = -1;
    for (int i = 0; i < width; ++i) {
      count += int(bit(a, i));
      if (bit(a, i) != sign)
        highest = i;
    }
    if (name() == "popc")
      return uint64_t(count);
    if (name() == "clz")
      return uint64_t(width - 1 - highest);
    return uint32_t(highest < 0 ? -1 : has("shiftamt") ? width - 1 - highest : highest);
  }
  if (name() == "prmt") {
    for (int i = 0; i < 4; ++i) {
      int selected = int(c >> 4 * i & 7);
      uint64_t byte = (selected < 4 ? a >> 8 * selected : b >> 8 * (selected - 4)) & 255;
      if (c >> 4 * i & 8)
        byte = byte >= 128 ? 255 : 0;
      result |= byte << 8 * i;
    }
    return result;
  }
  int64_t by = int64_t(b), length = int64_t(c & 255);
  if (name() == "shf") {
    by = has("wrap") ? int64_t(c % 32) : int64_t(std::min<uint64_t>(c, 32));
    uint64_t both = b << 32 | a;
    for (int i = 0; i < 32; ++i)
      result |= bit(both, has("l") ? 32 + i - by : i + by) << i;
    return result;
  }
  if (name() == "bfi") {
    by = int64_t(c & 255);
    length = int64_t(operands[3] & 255);
    for (int i = 0; i < width; ++i)
      result |= (i >= by && i < by + length ? bit(a, i - by) : bit(b, i)) << i;
    return result;
  }
  if (name() == "bfe") {
    by &= 255;
    uint64_t fill = type.isSigned() && length ? bit(a, std::min<int64_t>(by + length - 1, width - 1)) : 0;
    for (int i = 0; i < width; ++i)
      result |= (i < length && i + by < width ? bit(a, i + by) : fill) << i;
    return result;
  }
  for (int i = 0; i < width; ++i) {
    int64_t from = name() == "shl" ? i - by : i + by;
    result |= (from >= 0 && from < width ? bit(a, from) : name() == "shl" ? 0 : sign) << i;
  }
  return result;
}

uint64_t Element::minimumOrMaximum(Quad a, Quad b) const {
  bool isMinimum = name() == "min";
  if (has("NaN") && (a != a || b != b))
    return encodeFloat(NAN, type);
  if (a != a || b != b)
    return encodeFloat(a != a ? b : a, type);
  if (a == b)
    return encodeFloat(std::signbit(double(a)) == isMinimum ? a : b, type);
  return encodeFloat((a < b) == isMinimum ? a : b, type);
}

uint64_t Element::floating() const {
  Quad a = number(0), b = operands.size() > 1 ? number(1) : a, c = operands.size() > 2 ? number(2) : a;
  const uint64_t signBit = uint64_t(1) << (type.bits - 1);
  if (name() == "min" || name() == "max")
    return minimumOrMaximum(a, b);
  // Signs are those of bits, also of NaN, but a flushed number is zero.
  uint64_t flushed = encodeFloat(a, type), plain = a != a ? operands[0] : flushed;
  if (name() == "abs")
    return plain & ~signBit;
  if (name() == "neg")
    return plain ^ signBit;
  if (name() == "copysign")
    return (operands[1] & ~signBit) | (operands[0] & signBit);
  Quad result = NAN;
  double wide = double(a);
  if (name() == "add")
    result = a + b;
  else if (name() == "sub")
    result = a - b;
  else if (name() == "mul")
    result = a * b;
  else if (name() == "fma" || name() == "mad")
    // 113 bits do not hold every such sum of f64, which the C library knows.
    result = type.bits == 64 ? Quad(std::fma(wide, double(b), double(c))) : a * b + c;
  else if (name() == "div")
    result = a / b;
  else if (name() == "rcp")
    result = 1 / a;
  else if (name() == "sqrt")
    result = type.bits == 64 ? Quad(std::sqrt(wide)) : Quad(std::sqrt((long double)(a)));
  else if (name() == "rsqrt")
    result = 1 / Quad(std::sqrt((long double)(a)));
  else if (name() == "ex2")
    result = std::exp2((long double)(a));
  else if (name() == "lg2")
    result = std::log2((long double)(a));
  else if (name() == "sin")
    result = std::sin((long double)(a));
  else if (name() == "cos")
    result = std::cos((long double)(a));
  else if (name() == "tanh")
    result = std::tanh((long double)(a));
  uint64_t bits = encodeFloat(result, type);
  return has("ftz") && type.bits == 32 ? encodeFloat(flush(decodeFloat(bits, type)), type) : bits;
}

Direction Element::direction() const {
  for (const std::string &part : signature.parts) {
    if (part == "rz" || part == "rzi")
      return Direction::Zero;
    if (part == "rm" || part == "rmi")
      return Direction::Down;
    if (part == "rp" || part == "rpi")
      return Direction::Up;
    if (part == "rna")
      return Direction::NearestAway;
  }
  return Direction::Nearest;
}

/// A number as a whole one, by the direction.
static Quad whole(Quad value, Direction direction) {
  // Numbers that large are whole.
  Quad magnitude = value < 0 ? -value : value;
  if (!(magnitude < 0x1p64))
    return value;
  Quad below = Quad(Integer(value));
  if (below > value)
    below -= 1;
  if (below == value)
    return value;
  Quad above = below + 1, rest = value - below;
  switch (direction) {
  case Direction::Zero:
    return value < 0 ? above : below;
  case Direction::Down:
    return below;
  case Direction::Up:
    return above;
  default:
    return rest < 0.5 || (rest == 0.5 && Integer(below) % 2 == 0) ? below : above;
  }
}

uint64_t Element::convert() const {
  const Type &result = signature.result;
  if (!result.isFloat() && result.kind != Type::Kind::TF32) {
    if (!type.isFloat())
      return encodeInteger(decodeInteger(operands[0], type), result);
    Quad value = number(0);
    if (value != value)
      return result.bits == 64 ? uint64_t(1) << 63 : 0;
    value = whole(value, direction());
    Integer least = result.isSigned() ? -(Integer(1) << (result.bits - 1)) : 0;
    Integer most = (Integer(1) << (result.bits - result.isSigned())) - 1;
    return encodeInteger(value <= Quad(least) ? least : value >= Quad(most) ? most : Integer(value), result);
  }
  Quad value = type.isFloat() ? number(0) : Quad(decodeInteger(operands[0], type));
  if (has("sat"))
    value = value != value || value < 0 ? Quad(0) : value > 1 ? Quad(1) : value == 0 ? Quad(0) : value;
  if (has("relu"))
    value = value > 0 ? value : Quad(0);
  if (has("rni") || has("rzi") || has("rmi") || has("rpi")) {
    Quad rounded = whole(value, direction());
    return encodeFloat(rounded == 0 ? Quad(std::copysign(0.0, double(value))) : rounded, result);
  }
  if (result.kind != Type::Kind::TF32)
    return encodeFloat(value, result, direction());
  // tf32 is bf16 with three more bits: a number of f32 whose low bits are zero.
  uint64_t bits = operands[0];
  if (value != value)
    return 0x7fffffff;
  uint64_t low = bits & 0x1fff, kept = bits - low;
  bool isInfinite = (bits & 0x7f800000) == 0x7f800000;
  bool isUp = direction() == Direction::NearestAway ? low >= 0x1000
              : direction() == Direction::Nearest   ? low > 0x1000 || (low == 0x1000 && (kept >> 13 & 1))
                                                    : false;
  return isInfinite ? bits : kept + (isUp ? 0x2000 : 0);
}

uint64_t Element::compare() const {
  bool isNaN = false, isLess, isEqual;
  if (type.isFloat()) {
    Quad a = number(0), b = number(1);
    isNaN = a != a || b != b;
    isLess = a < b;
    isEqual = a == b;
  } else {
    Integer a = decodeInteger(operands[0], type), b = decodeInteger(operands[1], type);
    isLess = a < b;
    isEqual = a == b;
  }
  std::string relation = signature.parts[1];
  bool takesNaN = relation.size() == 3 && relation.back() == 'u';
  if (takesNaN)
    relation.pop_back();
  bool isGreater = !isLess && !isEqual && !isNaN, holds = false;
  if (relation == "num" || relation == "nan")
    holds = isNaN == (relation == "nan");
  else if (isNaN)
    holds = takesNaN;
  else if (relation == "eq")
    holds = isEqual;
  else if (relation == "ne")
    holds = !isEqual;
  else if (relation == "lt" || relation == "lo")
    holds = isLess;
  else if (relation == "le" || relation == "ls")
    holds = isLess || isEqual;
  else if (relation == "gt" || relation == "hi")
    holds = isGreater;
  else
    holds = isGreater || isEqual;
  if (operands.size() < 3)
    return holds;
  bool other = operands[2] & 1;
  return has("and") ? holds && other : has("or") ? holds || other : holds != other;
}

uint64_t Element::compute() const {
  if (name() == "cvt")
    return convert();
  if (name() == "setp")
    return compare();
  for (const char *logic : {"and", "or", "xor", "not", "mov", "cvta", "brev", "selp", "lop3"})
    if (name() == logic)
      return bits();
  for (const char *shift : {"shl", "shr", "bfe", "bfi", "prmt", "shf", "popc", "clz", "bfind"})
    if (name() == shift)
      return field();
  return type.isFloat() ? floating() : integer();
}

uint64_t sluice::emulator::tests::compute(const Signature &signature, const std::vector<uint64_t> &operands) {
  Type type = signature.operands[0];
  if (signature.parts[0] == "cvt" && signature.result.isPair) {
    // The first operand becomes the upper half.
    Type half = signature.result;
    half.isPair = false;
    Signature single = signature;
    single.result = half;
    return Element(single, type, {operands[0]}).compute() << 16 | Element(single, type, {operands[1]}).compute();
  }
  if (!type.isPair || !type.isFloat())
    return Element(signature, type, operands).compute();
  uint64_t result = 0;
  type.isPair = false;
  for (int half = 0; half < 2; ++half) {
    std::vector<uint64_t> parts;
    for (uint64_t operand : operands)
      parts.push_back(operand >> 16 * half & 0xffff);
    result |= Element(signature, type, parts).compute() << 16 * half;
  }
  return result;
}
