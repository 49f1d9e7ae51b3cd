//===- Access.h - Accesses of memory by threads, checked ----------------------------------===//
//
// A state space gives the bytes of an access after it was checked: that they are aligned, that they belong to memory,
// that they were written before they are read, and that no other thread races. A finding throws Fault.
//
// Accesses of a whole warp to one range go through the ranges: those say no where anything is wrong, and the lanes are
// then checked one by one, so that a finding names its thread.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_RUN_ACCESS_H
#define SLUICE_TEST_CUDAEMULATOR_RUN_ACCESS_H

#include "test/cuda-emulator/code/Encoder.h"
#include "test/cuda-emulator/run/Warp.h"

namespace sluice::emulator {

/// One thread's access.
struct Access {
  Warp &warp;
  const Operation &operation;
  int lane;
  u64 address;
  u32 bytes; ///< the address is a multiple of them
  bool isAtomic = false;
};

/// The memory that has an address, or null.
inline Memory *memoryAt(const Launch &launch, u64 address) {
  for (Memory *memory : launch.memories)
    if (memory->contains(address))
      return memory;
  return nullptr;
}

struct GlobalSpace {
  static constexpr Class counted = Class::Global;
  static const u8 *read(const Access &access);
  static u8 *write(const Access &access);
  static const u8 *readRange(Warp &warp, u64 address, u32 bytes);
  static u8 *writeRange(Warp &warp, u64 address, u32 bytes);
  static void count(Warp &warp, const Operation &operation, const u64 *addresses, u32 bytes);
};

struct SharedSpace {
  static constexpr Class counted = Class::Shared;
  static const u8 *read(const Access &access);
  static u8 *write(const Access &access);
  static const u8 *readRange(Warp &warp, u64 address, u32 bytes);
  static u8 *writeRange(Warp &warp, u64 address, u32 bytes);
  static void count(Warp &warp, const Operation &operation, const u64 *addresses, u32 bytes);
};

/// Of generic addresses, which say themselves whose they are.
struct GenericSpace {
  static constexpr Class counted = Class::Global;
  static bool isShared(u64 address) { return address - sharedWindow < sharedWindowBytes; }
  static const u8 *read(const Access &access);
  static u8 *write(const Access &access);
  static const u8 *readRange(Warp &warp, u64 address, u32 bytes) { return nullptr; }
  static u8 *writeRange(Warp &warp, u64 address, u32 bytes) { return nullptr; }
  static void count(Warp &warp, const Operation &operation, const u64 *addresses, u32 bytes);
};

/// The addresses of all lanes, from at[index] and the offset.
inline void gatherAddresses(Warp &warp, const Operation &operation, u32 index, u64 *addresses) {
  const u64 offset = u64(operation.offset);
  if (operation.isWideAddress) {
    const u64 *in = warp.lanes<u64>(operation.at[index]);
    for (int lane = 0; lane < 32; ++lane)
      addresses[lane] = in[lane] + offset;
  } else {
    const u32 *in = warp.lanes<u32>(operation.at[index]);
    for (int lane = 0; lane < 32; ++lane)
      addresses[lane] = u32(in[lane] + u32(offset));
  }
}

/// Whether all lanes access one range, each `bytes` behind the one before it.
inline bool areContiguous(const Warp &warp, const u64 *addresses, u32 bytes) {
  if (warp.mask != ~0u || addresses[0] % bytes)
    return false;
  u64 different = 0;
  for (u64 lane = 0; lane < 32; ++lane)
    different |= addresses[lane] ^ (addresses[0] + lane * bytes);
  return different == 0;
}

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_RUN_ACCESS_H
