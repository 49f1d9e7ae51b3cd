//===- JitMemory.cpp - Where code that was compiled in this process lies ----------===//
#include "tools/JitMemory.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Memory.h"
#include "llvm/Support/Process.h"
#include <cerrno>
#include <sys/mman.h>

using namespace llvm;
using namespace sluice;

JitMemory::~JitMemory() {
  if (range)
    munmap(range, reservedBytes);
}

sys::MemoryBlock JitMemory::allocateMappedMemory(SectionMemoryManager::AllocationPurpose, size_t bytes,
                                                 const sys::MemoryBlock *, unsigned flags, std::error_code &failure) {
  failure = {};
  if (!range) {
    void *address =
        mmap(nullptr, reservedBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, /*fd=*/-1, /*offset=*/0);
    if (address == MAP_FAILED) {
      failure = std::error_code(errno, std::generic_category());
      return {};
    }
    range = static_cast<char *>(address);
  }
  size_t size = alignTo(bytes, sys::Process::getPageSizeEstimate());
  if (size > reservedBytes - used) {
    failure = std::make_error_code(std::errc::not_enough_memory);
    return {};
  }
  sys::MemoryBlock block(range + used, size);
  failure = sys::Memory::protectMappedMemory(block, flags);
  if (failure)
    return {};
  used += size;
  return block;
}

std::error_code JitMemory::protectMappedMemory(const sys::MemoryBlock &block, unsigned flags) {
  return sys::Memory::protectMappedMemory(block, flags);
}

std::error_code JitMemory::releaseMappedMemory(sys::MemoryBlock &) { return {}; }
