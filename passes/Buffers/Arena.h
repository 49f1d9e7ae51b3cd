//===- Arena.h - Memory for values with lifetimes --------------------------------===//
//
// Knows nothing of IR: intervals of time with sizes go in, offsets come out.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_BUFFERS_ARENA_H
#define SLUICE_PASSES_BUFFERS_ARENA_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>
#include <optional>
#include <utility>

namespace sluice {

/// `bytes` bytes that are needed from time `first` to time `last`, both included.
struct ArenaInterval {
  int64_t bytes;
  int64_t first, last;
};

/// Where every interval lies, in bytes from the start of the arena.
struct ArenaPlan {
  llvm::SmallVector<int64_t> offsets; ///< one an interval
  int64_t bytes = 0;                  ///< size of the arena, a multiple of the alignment
};

/// Gives every interval an offset that is a multiple of `alignment`, so that intervals that share a time share no byte.
/// Equal input gives equal output.
ArenaPlan planArena(llvm::ArrayRef<ArenaInterval> intervals, int64_t alignment);

/// The most bytes that are needed at one time: no plan is smaller.
int64_t arenaLowerBound(llvm::ArrayRef<ArenaInterval> intervals, int64_t alignment);

/// Two intervals that share a time and a byte, or one (named twice) that is unaligned or leaves the arena; none in a
/// valid plan.
std::optional<std::pair<size_t, size_t>> findArenaConflict(llvm::ArrayRef<ArenaInterval> intervals,
                                                           const ArenaPlan &plan, int64_t alignment);

} // namespace sluice

#endif // SLUICE_PASSES_BUFFERS_ARENA_H
