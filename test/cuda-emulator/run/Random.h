//===- Random.h - Numbers of a seed -------------------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_RUN_RANDOM_H
#define SLUICE_TEST_CUDAEMULATOR_RUN_RANDOM_H

#include "test/cuda-emulator/code/Numbers.h"

namespace sluice::emulator {

/// SplitMix64 (Steele et al., OOPSLA 2014).
class Random {
public:
  explicit Random(u64 seed) : state(seed) {}

  u64 next() {
    u64 z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  u32 below(u32 count) { return u32((next() >> 32) * count >> 32); }

private:
  u64 state;
};

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_RUN_RANDOM_H
