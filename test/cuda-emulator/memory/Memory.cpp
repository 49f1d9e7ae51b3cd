//===- Memory.cpp - The memory of a device, and pinned memory of the host -----------------===//
#include "test/cuda-emulator/memory/Memory.h"
#include <new>
#include <sys/mman.h>

using namespace sluice::emulator;

static constexpr u64 granularity = 512, redZone = 256;

/// Pages that cost nothing until they are touched.
static u8 *reservePages(u64 bytes) {
  void *pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED)
    throw std::bad_alloc();
  return static_cast<u8 *>(pages);
}

Memory::Memory(std::string name, u64 base, u64 capacity)
    // Twice the room, so that freed memory rests a while, and red zones do not count.
    : name(std::move(name)), capacity(capacity), reserved(2 * capacity + (1 << 20)) {
  data = reservePages(reserved);
  marks = reservePages(reserved);
  history = reinterpret_cast<WordHistory *>(reservePages(reserved / 4 * sizeof(WordHistory)));
  this->base = base ? base : reinterpret_cast<u64>(data);
  top = this->base;
}

Memory::~Memory() {
  munmap(data, reserved);
  munmap(marks, reserved);
  munmap(history, reserved / 4 * sizeof(WordHistory));
}

void Memory::forgetHistory() { madvise(history, reserved / 4 * sizeof(WordHistory), MADV_DONTNEED); }

u64 Memory::roundedSize(u64 bytes) const { return (bytes + redZone + granularity - 1) / granularity * granularity; }

u64 Memory::allocate(u64 bytes) {
  if (bytes == 0 || bytes > capacity - used)
    return 0;
  u64 room = roundedSize(bytes), address = 0;
  if (room <= reserved - (top - base)) {
    address = top;
    top += room;
  } else {
    for (auto [start, size] : freed)
      if (roundedSize(size) >= room) {
        address = start;
        break;
      }
    if (!address)
      return 0;
    // What is left of the room stays unused until all of it is freed again.
    freed.erase(address);
  }
  used += bytes;
  allocations[address] = bytes;
  std::memset(marksAt(address), u8(Mark::Uninitialized), bytes);
  return address;
}

bool Memory::release(u64 address) {
  auto found = allocations.find(address);
  if (found == allocations.end())
    return false;
  std::memset(marksAt(address), u8(Mark::Freed), found->second);
  // Nothing may read its contents again: whole pages of them go back to the system.
  constexpr u64 page = 4096;
  u8 *first = dataAt((address + page - 1) / page * page), *last = dataAt((address + found->second) / page * page);
  if (first < last)
    madvise(first, u64(last - first), MADV_DONTNEED);
  used -= found->second;
  freed[address] = found->second;
  allocations.erase(found);
  return true;
}

std::string Memory::describe(u64 address) const {
  auto text = [&](u64 start, u64 size, const char *kind) {
    std::string place = address < start + size ? "byte " + std::to_string(address - start) + " of "
                                               : std::to_string(address - start - size) + " bytes behind ";
    return place + "the " + std::to_string(size) + " bytes of " + kind + " at " + name + "+" +
           std::to_string(start - base);
  };
  auto last = [&](const std::map<u64, u64> &ranges) {
    auto next = ranges.upper_bound(address);
    return next == ranges.begin() ? ranges.end() : std::prev(next);
  };
  auto used = last(allocations), old = last(freed);
  if (old != freed.end() && (used == allocations.end() || old->first > used->first))
    return text(old->first, old->second, "freed memory");
  if (used != allocations.end())
    return text(used->first, used->second, "memory");
  return "before all memory of " + name;
}
