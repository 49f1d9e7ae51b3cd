//===- SharedMemory.cpp - The shared memory of a block ------------------------------------===//
#include "test/cuda-emulator/memory/SharedMemory.h"

using namespace sluice::emulator;

void SharedMemory::reset(u32 size) {
  bytes = size;
  size_t room = (size_t(size) + 15) / 4 * 4;
  if (data.size() < room) {
    data.resize(room);
    marks.resize(room);
    words.resize(room / 4);
  }
  std::memset(data.data(), 0xff, room);
  std::memset(marks.data(), u8(Mark::Uninitialized), room);
  // What blocks before did is long known, so that words need not be cleared.
  for (auto &row : known)
    row.fill(now);
  ++now;
}

/// Calls use(word, mask of its bytes) for the words of a range; the first result that is not negative, or -1.
template <typename Use> static int forWords(u32 address, u32 count, Use use) {
  for (u32 at = address, end = address + count; at < end;) {
    u32 next = std::min(end, (at & ~3u) + 4);
    if (int other = use(at / 4, ((1u << (next - at)) - 1) << (at & 3)); other >= 0)
      return other;
    at = next;
  }
  return -1;
}

int SharedMemory::read(u32 address, u32 count, int warp) {
  const auto &mine = known[warp];
  return forWords(address, count, [&](u32 index, u32 mask) {
    Word &word = words[index];
    if ((word.writtenBytes & mask) && word.writer != warp && word.written > mine[word.writer])
      return int(word.writer);
    if (word.readTime == now && word.readBytes == mask) {
      word.readers |= 1u << warp;
      return -1;
    }
    // Readers of other bytes or of another time are forgotten unless they read the same bytes unknown to this one.
    bool stays = word.readBytes == mask && word.readers && raceWithReaders(word, warp) >= 0;
    word.readers = (stays ? word.readers : 0) | 1u << warp;
    word.readTime = stays ? std::min(word.readTime, now) : now;
    word.readBytes = u8(mask);
    return -1;
  });
}

int SharedMemory::raceWithReaders(const Word &word, int warp) const {
  for (u32 others = word.readers & ~(1u << warp); others; others &= others - 1) {
    int other = __builtin_ctz(others);
    if (word.readTime > known[warp][other])
      return other;
  }
  return -1;
}

int SharedMemory::write(u32 address, u32 count, int warp) {
  const auto &mine = known[warp];
  return forWords(address, count, [&](u32 index, u32 mask) {
    Word &word = words[index];
    if ((word.writtenBytes & mask) && word.writer != warp && word.written > mine[word.writer])
      return int(word.writer);
    if (word.readBytes & mask)
      if (int other = raceWithReaders(word, warp); other >= 0)
        return other;
    bool isSame = word.writer == warp && word.written == now;
    word.writtenBytes = u8(isSame ? word.writtenBytes | mask : mask);
    word.writer = u8(warp);
    word.written = now;
    return -1;
  });
}

void SharedMemory::meet(u32 taking, u32 waiting) {
  std::array<u32, mostWarps> joined{};
  for (u32 rest = taking; rest; rest &= rest - 1) {
    int warp = __builtin_ctz(rest);
    for (int other = 0; other < mostWarps; ++other)
      joined[other] = std::max(joined[other], known[warp][other]);
  }
  for (u32 rest = taking; rest; rest &= rest - 1)
    joined[__builtin_ctz(rest)] = now;
  for (u32 rest = waiting; rest; rest &= rest - 1)
    known[__builtin_ctz(rest)] = joined;
  ++now;
}
