//===- RandomWords.h - Random operands of tests, by counter ----------------------------------===//
#ifndef SLUICE_TEST_UNIT_PRECISION_RANDOMWORDS_H
#define SLUICE_TEST_UNIT_PRECISION_RANDOMWORDS_H

#include "runtime/Philox.h"
#include <cstring>

/// Four words of draw `index` of a test's stream.
inline sluice::runtime::PhiloxCounter words(uint64_t index, uint32_t stream = 0) {
  return sluice::runtime::philox({uint32_t(index), uint32_t(index >> 32), stream, 0}, {22, 0});
}

inline float floatOf(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

inline uint32_t bitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

inline uint64_t bitsOf(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

#endif // SLUICE_TEST_UNIT_PRECISION_RANDOMWORDS_H
