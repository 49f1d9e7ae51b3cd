//===- Parts.h - How a loop is handed out to threads ------------*- C++ -*-===//
//
// A loop is cut into a few pieces a thread. Every thread has a range of its own, the same in every loop of a size, so
// that what it touched stays in its caches. It takes from the front of it, half of what is left at a time; a thread
// whose range is used up takes from the back of others'. So a part belongs to nobody before a thread that is running
// has taken it, and a loop waits for no thread that is not.
//
// Loops are numbered. A thread that comes late, to a loop that is done, gets nothing: what is left of a range and the
// number of its loop are one word.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_CPU_PARTS_H
#define SLUICE_RUNTIME_CPU_PARTS_H

#include <atomic>
#include <cstdint>
#include <vector>

namespace sluice::runtime {

class Parts {
public:
  /// Pieces that a thread's range has at most.
  static constexpr unsigned kPieces = 8;

  /// Adjacent pieces of a loop: [begin, end).
  struct Part {
    uint32_t begin = 0, end = 0;
    uint32_t pieces() const { return end - begin; }
  };

  explicit Parts(unsigned threads) : ranges(threads) {}

  /// Pieces of a loop over `count` indices.
  uint32_t pieces(int64_t count) const;

  /// Begins loop `number` of `pieces` pieces. No piece of an earlier loop may be left; one thread at a time calls it.
  void begin(uint32_t number, uint32_t pieces);

  /// Takes a part of loop `number` for `thread`. Empty when none is left, or the loop is over.
  Part take(uint32_t number, unsigned thread);

  /// The first index of a piece, of `pieces` in all, in a loop over [0, count).
  static int64_t firstIndex(int64_t count, uint32_t piece, uint32_t pieces);

private:
  /// On a line of its own: a thread mostly takes from its own range.
  struct alignas(64) Range {
    std::atomic<uint64_t> left{0}; // number of the loop, then first piece and end, counted from `first`
    std::atomic<uint32_t> first{0};
  };
  Part takeFrom(Range &range, uint32_t number, bool fromFront);

  std::vector<Range> ranges;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CPU_PARTS_H
