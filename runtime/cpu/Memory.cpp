//===- Memory.cpp - Blocks of anonymous memory ----------------------------===//

#include "runtime/cpu/Memory.h"

#include <cerrno>
#include <string>
#include <sys/mman.h>
#include <system_error>
#include <utility>

using namespace sluice::runtime;

Memory::Memory(int64_t bytes) : bytes(bytes) {
  if (bytes == 0)
    return;
  void *address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (address == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), "cannot reserve " + std::to_string(bytes) + " bytes");
  base = static_cast<char *>(address);
  // Both are advice: where the kernel has no large pages, small ones do. A small block says no explicitly, because a
  // system that always uses large pages would make it occupy more than its size.
  madvise(base, bytes, bytes >= kLargePagesFrom ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

Memory::~Memory() {
  if (base)
    munmap(base, bytes);
}

Memory::Memory(Memory &&other) noexcept
    : base(std::exchange(other.base, nullptr)), bytes(std::exchange(other.bytes, 0)) {}

Memory &Memory::operator=(Memory &&other) noexcept {
  std::swap(base, other.base);
  std::swap(bytes, other.bytes);
  return *this;
}
