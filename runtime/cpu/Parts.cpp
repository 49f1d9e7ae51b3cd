//===- Parts.cpp - How a loop is handed out to threads --------------------===//

#include "runtime/cpu/Parts.h"

#include <algorithm>

namespace sluice::runtime {

static uint64_t word(uint32_t number, uint32_t front, uint32_t back) {
  return uint64_t(number) << 32 | uint64_t(front) << 16 | back;
}

uint32_t Parts::pieces(int64_t count) const {
  return static_cast<uint32_t>(std::min<int64_t>(count, int64_t(ranges.size()) * kPieces));
}

void Parts::begin(uint32_t number, uint32_t pieces) {
  uint32_t threads = static_cast<uint32_t>(ranges.size());
  for (uint32_t thread = 0; thread < threads; ++thread) {
    uint32_t first = pieces * thread / threads, end = pieces * (thread + 1) / threads;
    ranges[thread].first.store(first, std::memory_order_relaxed);
    ranges[thread].left.store(word(number, 0, end - first), std::memory_order_release);
  }
}

Parts::Part Parts::takeFrom(Range &range, uint32_t number, bool fromFront) {
  uint64_t left = range.left.load(std::memory_order_acquire);
  while (true) {
    uint32_t front = left >> 16 & 0xffff, back = left & 0xffff;
    if (left >> 32 != number || front == back)
      return {};
    // Large at first, small at the end, where what one thread still does is what others wait for.
    uint32_t taken = (back - front + 1) / 2;
    uint64_t next = fromFront ? word(number, front + taken, back) : word(number, front, back - taken);
    if (!range.left.compare_exchange_weak(left, next, std::memory_order_acq_rel, std::memory_order_acquire))
      continue;
    // Of this loop: it is not over before the part is done.
    uint32_t begin = range.first.load(std::memory_order_relaxed) + (fromFront ? front : back - taken);
    return {begin, begin + taken};
  }
}

Parts::Part Parts::take(uint32_t number, unsigned thread) {
  unsigned threads = static_cast<unsigned>(ranges.size());
  Part part = takeFrom(ranges[thread], number, /*fromFront=*/true);
  for (unsigned other = 1; other < threads && part.pieces() == 0; ++other)
    part = takeFrom(ranges[(thread + other) % threads], number, /*fromFront=*/false);
  return part;
}

int64_t Parts::firstIndex(int64_t count, uint32_t piece, uint32_t pieces) {
  // count * piece / pieces, of which the product may overflow.
  return count / pieces * piece + count % pieces * piece / pieces;
}

} // namespace sluice::runtime
