//===- SharedMemory.h - The shared memory of a block --------------------------------------===//
//
// A word remembers who wrote and read it last, and when: time is a count of the block's barriers that were completed.
// A warp knows of another what that one did up to the last barrier that both took part in, or that others between them
// did (a vector clock). An access is a race if the word was written, or for a write also read, by a warp since then.
// Lanes of a warp run in step, and do not race.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_MEMORY_SHAREDMEMORY_H
#define SLUICE_TEST_CUDAEMULATOR_MEMORY_SHAREDMEMORY_H

#include "test/cuda-emulator/memory/Memory.h"
#include <array>
#include <vector>

namespace sluice::emulator {

inline constexpr int mostWarps = 32; ///< of a block

/// The mark of a byte that cp.async was told to write and that was not waited for.
inline constexpr u8 markInFlight = 3;

class SharedMemory {
public:
  /// Begins a block: nothing is written yet.
  void reset(u32 size);
  u32 size() const { return u32(bytes); }

  /// The other warp of a race, or -1. The range is inside.
  int read(u32 address, u32 count, int warp);
  int write(u32 address, u32 count, int warp);

  /// The warps of the mask meet: `waiting` ones know then what all of `taking` did.
  void meet(u32 taking, u32 waiting);

  std::vector<u8> data, marks;

private:
  struct Word {
    u32 written = 0, readTime = 0;
    u32 readers = 0; ///< warps that read exactly readBytes
    u8 writer = 0, writtenBytes = 0, readBytes = 0;
  };

  int raceWithReaders(const Word &word, int warp) const;

  std::vector<Word> words;
  std::array<std::array<u32, mostWarps>, mostWarps> known{}; ///< [of whom it is known by][whose time]
  u32 now = 0;
  size_t bytes = 0;
};

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_MEMORY_SHAREDMEMORY_H
