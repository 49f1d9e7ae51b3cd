//===- Philox.h - Counter-based random numbers ------------------*- C++ -*-===//
//
// Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011). A draw is a pure function of
// its counter and key, so nothing has to be saved to resume a run, and threads never share a state.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_RUNTIME_PHILOX_H
#define SLUICE_RUNTIME_PHILOX_H

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace sluice::runtime {

using PhiloxCounter = std::array<uint32_t, 4>;
using PhiloxKey = std::array<uint32_t, 2>;

/// The four random words of a counter under a key.
constexpr PhiloxCounter philox(PhiloxCounter counter, PhiloxKey key) {
  for (int round = 0; round < 10; ++round) {
    uint64_t first = uint64_t{0xD2511F53} * counter[0];
    uint64_t second = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(second >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(second),
               static_cast<uint32_t>(first >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(first)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

/// A 64-bit seed as a key: low word first.
constexpr PhiloxKey philoxKey(uint64_t seed) {
  return {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
}

/// Two words as one 64-bit number.
constexpr uint64_t joinWords(uint32_t low, uint32_t high) { return uint64_t{high} << 32 | low; }

/// A double in [0, 1) with 53 random bits of the two words.
constexpr double uniformDouble(uint32_t low, uint32_t high) {
  return static_cast<double>(joinWords(low, high) >> 11) * 0x1p-53;
}

/// An integer in [0, bound) of the two words; bound is positive. The bias is below bound / 2^64.
constexpr uint64_t uniformBelow(uint32_t low, uint32_t high, uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>(static_cast<Wide>(joinWords(low, high)) * bound >> 64);
}

/// Two independent draws of a standard normal from four words, by Box and Muller's transform in double.
inline std::array<double, 2> normalPair(const PhiloxCounter &words) {
  // 1 - u is in (0, 1], so the logarithm is finite.
  double radius = std::sqrt(-2.0 * std::log(1.0 - uniformDouble(words[0], words[1])));
  double angle = 6.283185307179586476925286766559 * uniformDouble(words[2], words[3]);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

/// 64-bit FNV-1a hash of a name: keys what is drawn for a tensor by its name, so that a value does not depend on the
/// place of the tensor in the model.
constexpr uint64_t hashName(std::string_view name) {
  uint64_t hash = 0xCBF29CE484222325;
  for (char c : name)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_PHILOX_H
