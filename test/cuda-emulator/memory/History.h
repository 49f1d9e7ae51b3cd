//===- History.h - Who wrote and read global memory last ----------------------------------===//
//
// Every block of a launch, and every copy, is an actor with a stamp, which counts up over the process. A word of four
// bytes remembers its last writer and a reader, each with the bytes that it touched. Two accesses of a byte by two
// actors, one of which writes, are a race unless one happened before the other: actors of launches that streams, events
// or the host put in order. Blocks of a launch never are. What it forgets (a second writer of other bytes of the word)
// can hide a race, but never makes one up.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_TEST_CUDAEMULATOR_MEMORY_HISTORY_H
#define SLUICE_TEST_CUDAEMULATOR_MEMORY_HISTORY_H

#include "test/cuda-emulator/code/Numbers.h"

namespace sluice::emulator {

/// Who accesses: a block or a copy.
struct Actor {
  u32 stamp = 0;
  u32 firstOfLaunch = 0; ///< the stamp of its launch's first actor
  u32 launchSize = 0;    ///< actors of its launch
  u32 unordered = 0;     ///< actors before this stamp happened before; of later ones `isOrdered` knows
  const void *context = nullptr;
  /// Whether an actor of another launch happened before this one.
  bool (*isOrdered)(const void *context, u32 stamp) = nullptr;

  bool isOfLaunch(u32 other) const { return other - firstOfLaunch < launchSize; }
  bool races(u32 other) const {
    if (other < unordered || other == stamp)
      return false;
    return isOfLaunch(other) || !isOrdered(context, other);
  }
};

/// What happened to a word before. Stamps have 27 bits.
struct WordHistory {
  u32 writer = 0; ///< stamp << 5 | is atomic << 4 | bytes
  u32 reader = 0; ///< stamp << 5 | others of the launch read the same bytes << 4 | bytes

  static constexpr u32 flag = 16;
  static constexpr u32 mostStamps = 1u << 27;

  /// Remembers the access; the stamp of the other actor if it is a race, or 0.
  u32 read(const Actor &actor, u32 bytes) {
    if ((writer & bytes) && actor.races(writer >> 5))
      return writer >> 5;
    u32 last = reader >> 5, mine = actor.stamp << 5 | bytes;
    if (last == actor.stamp)
      reader |= (reader & flag) ? 0 : bytes;
    else if (actor.isOfLaunch(last) && (reader & 15) == bytes)
      reader |= flag;
    else if (actor.isOfLaunch(last) || !actor.races(last))
      reader = mine;
    // A reader of another launch that is in no order with this one stays, for the write that often follows.
    return 0;
  }

  u32 write(const Actor &actor, u32 bytes, bool isAtomic = false) {
    bool areBothAtomic = isAtomic && (writer & flag);
    if ((writer & bytes) && !areBothAtomic && actor.races(writer >> 5))
      return writer >> 5;
    if (reader & bytes) {
      u32 last = reader >> 5;
      // Another one of those that share the flag is not this actor.
      bool isShared = (reader & flag) && actor.isOfLaunch(last);
      if (isShared || actor.races(last))
        return last;
    }
    u32 before = writer >> 5 == actor.stamp ? writer & 15 : 0;
    writer = actor.stamp << 5 | (isAtomic ? flag : 0) | bytes | before;
    return 0;
  }
};

} // namespace sluice::emulator

#endif // SLUICE_TEST_CUDAEMULATOR_MEMORY_HISTORY_H
