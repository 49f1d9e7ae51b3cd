//===- Reference.h - What instructions compute, one number at a time ----------------------===//
//
// A second reading of PTX's manual, which shares nothing with the emulator: types come from the spelling, integers are
// computed in 128 bits and floating point in quadruple precision, bit fields bit by bit, and 16-bit formats are rounded
// by a search among all of their numbers.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_TESTS_REFERENCE_H
#define SLUICE_TEST_CUDAEMULATOR_TESTS_REFERENCE_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::emulator::tests {

using Integer = __int128;
using Quad = __float128;

/// A type such as .u32, .bf16x2 or .pred.
struct Type {
  enum class Kind : uint8_t { Unsigned, Signed, Bits, Float, BFloat, TF32, Predicate } kind = Kind::Bits;
  int bits = 32;       ///< of an element
  bool isPair = false; ///< two elements in 32 bits

  int totalBits() const { return isPair ? 32 : bits; }
  bool isFloat() const { return kind == Kind::Float || kind == Kind::BFloat; }
  bool isSigned() const { return kind == Kind::Signed; }
};

/// A type's name without the point; nothing if it is none.
std::optional<Type> parseType(const std::string &name);

enum class Direction : uint8_t { Nearest, NearestAway, Zero, Down, Up };

/// An element's bits as a number. Values of floats; NaN and infinities as they are.
Quad decodeFloat(uint64_t bits, const Type &type);
Integer decodeInteger(uint64_t bits, const Type &type);
/// A number rounded to a type, as bits.
uint64_t encodeFloat(Quad value, const Type &type, Direction direction = Direction::Nearest);
uint64_t encodeInteger(Integer value, const Type &type);

/// An instruction whose operands are registers of the types.
struct Signature {
  std::vector<std::string> parts; ///< of the opcode
  Type result;
  std::vector<Type> operands;
  std::optional<uint64_t> constant; ///< an operand behind them that must be written
  /// Units in the last place that results may be off, of .approx.
  int tolerance = 0;
};

/// What an opcode takes; nothing if there is no reference for it.
std::optional<Signature> signatureOf(const std::string &opcode);
/// Its result, as bits.
uint64_t compute(const Signature &signature, const std::vector<uint64_t> &operands);

} // namespace sluice::emulator::tests

#endif // SLUICE_TEST_CUDAEMULATOR_TESTS_REFERENCE_H
