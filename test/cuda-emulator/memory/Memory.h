//===- Memory.h - The memory of a device, and pinned memory of the host -------------------===//
//
// A range of addresses with its bytes, a mark for each byte and a history for each word. Addresses of devices are not
// those of the process: a host that follows one is stopped by its processor. Pinned memory has its own addresses.
//
// Freed memory is not given out again while other room is left, so that its use is found; 256 bytes that belong to
// nothing lie between allocations.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_MEMORY_MEMORY_H
#define SLUICE_TEST_CUDAEMULATOR_MEMORY_MEMORY_H

#include "test/cuda-emulator/memory/History.h"
#include <map>
#include <string>

namespace sluice::emulator {

/// The mark of a byte. That of written ones is all ones, so that many are compared at once.
enum class Mark : u8 { Unallocated = 0, Freed = 1, Uninitialized = 2, Initialized = 0xff };

/// Whether all of `count` marks say that the bytes were written.
inline bool areInitialized(const u8 *marks, u64 count) {
  u64 word;
  for (; count >= 8; count -= 8, marks += 8) {
    std::memcpy(&word, marks, 8);
    if (~word)
      return false;
  }
  for (; count > 0; --count)
    if (*marks++ != u8(Mark::Initialized))
      return false;
  return true;
}

/// Whether all of `count` marks say that the bytes belong to an allocation.
inline bool areAllocated(const u8 *marks, u64 count) {
  for (u64 i = 0; i < count; ++i)
    if (marks[i] < u8(Mark::Uninitialized))
      return false;
  return true;
}

class Memory {
public:
  /// Room for `capacity` bytes from address `base` on; 0: the addresses of the process. Throws std::bad_alloc.
  Memory(std::string name, u64 base, u64 capacity);
  Memory(const Memory &) = delete;
  Memory &operator=(const Memory &) = delete;
  ~Memory();

  bool contains(u64 address) const { return address - base < reserved; }
  /// Whether a range lies inside; a range that wraps around does not.
  bool contains(u64 address, u64 bytes) const { return contains(address) && bytes <= reserved - (address - base); }

  u8 *dataAt(u64 address) const { return data + (address - base); }
  u8 *marksAt(u64 address) const { return marks + (address - base); }
  WordHistory *historyAt(u64 address) const { return history + (address - base) / 4; }

  /// 0 where there is no room. Addresses are multiples of 512.
  u64 allocate(u64 bytes);
  /// Whether an allocation began at the address.
  bool release(u64 address);
  u64 freeBytes() const { return capacity - used; }
  u64 totalBytes() const { return capacity; }

  /// Where an address lies: in, behind or before which allocation.
  std::string describe(u64 address) const;
  /// Forgets who accessed what: stamps begin again.
  void forgetHistory();

private:
  u64 roundedSize(u64 bytes) const;

  std::string name;
  u64 base, capacity, reserved;
  u8 *data, *marks;
  WordHistory *history;
  u64 used = 0, top = 0;
  std::map<u64, u64> allocations, freed; ///< sizes by address
};

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_MEMORY_MEMORY_H
