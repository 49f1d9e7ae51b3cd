//===- Counters.h - What kernels cost, counted --------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_RUN_COUNTERS_H
#define SLUICE_TEST_CUDAEMULATOR_RUN_COUNTERS_H

#include "test/cuda-emulator/code/Operation.h"
#include <map>

namespace sluice::emulator {

/// Of a kernel, over all launches. Instructions are those of warps.
struct Counters {
  u64 launches = 0, blocks = 0, barriers = 0;
  std::array<u64, classCount> instructions{};
  u64 matrix = 0;               ///< mma.sync, which the class Matrix counts with ldmatrix
  u64 sectors = 0;              ///< of 32 bytes that accesses of global memory touch
  u64 leastSectors = 0;         ///< that their bytes would fill
  u64 wavefronts = 0;           ///< that accesses of shared memory take
  u64 leastWavefronts = 0;      ///< without conflicts of banks
  std::map<int, u64> conflicts; ///< wavefronts more than least, by line of the PTX

  u64 total() const;
  void add(const Counters &other);
};

/// Counts accesses of the lanes in a mask. `bytes` are of a lane.
void countGlobal(Counters &counters, const u64 *addresses, u32 mask, u32 bytes);
void countShared(Counters &counters, const u64 *addresses, u32 mask, u32 bytes, int line);

/// Whether the process writes counters; accesses are counted only then.
bool isCounting();
void setCounting(bool on);
/// Adds those of a launch to those of the kernel.
void addCounters(const std::string &kernel, const Counters &counters);
/// A line of JSON for each kernel; all counters begin again.
std::string takeCounters();

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_RUN_COUNTERS_H
