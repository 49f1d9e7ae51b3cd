#include "tools/JitMemory.h"
#include "llvm/Support/Memory.h"
#include "gtest/gtest.h"
#include <cstring>

using namespace sluice;
using llvm::SectionMemoryManager;
using llvm::sys::Memory;
using llvm::sys::MemoryBlock;

static constexpr unsigned writable = Memory::MF_READ | Memory::MF_WRITE;

static MemoryBlock allocate(JitMemory &memory, size_t bytes, std::error_code &failure) {
  return memory.allocateMappedMemory(SectionMemoryManager::AllocationPurpose::Code, bytes, nullptr, writable, failure);
}

TEST(JitMemory, ShouldPutSectionsWithinReachOfShortOffsets) {
  JitMemory memory;
  std::error_code failure;
  MemoryBlock first = allocate(memory, 1, failure), second = allocate(memory, 5000, failure);
  ASSERT_FALSE(failure);
  // Whatever else is mapped meanwhile.
  std::vector<std::unique_ptr<char[]>> others;
  for (int i = 0; i < 100; ++i)
    others.push_back(std::make_unique<char[]>(1 << 20));
  MemoryBlock third = allocate(memory, 1 << 20, failure);
  ASSERT_FALSE(failure);
  auto *begin = static_cast<char *>(first.base()), *end = static_cast<char *>(third.base()) + third.allocatedSize();
  EXPECT_LE(begin + first.allocatedSize(), second.base());
  EXPECT_LE(static_cast<char *>(second.base()) + second.allocatedSize(), third.base());
  EXPECT_GE(second.allocatedSize(), 5000u);
  EXPECT_LE(end - begin, static_cast<ptrdiff_t>(JitMemory::reservedBytes));
  std::memset(begin, 1, static_cast<size_t>(end - begin));
}

TEST(JitMemory, ShouldSayThatItIsUsedUp) {
  JitMemory memory;
  std::error_code failure;
  allocate(memory, JitMemory::reservedBytes - 4096, failure);
  EXPECT_FALSE(failure);
  EXPECT_EQ(allocate(memory, 4097, failure).base(), nullptr);
  EXPECT_EQ(failure, std::errc::not_enough_memory);
  EXPECT_NE(allocate(memory, 4096, failure).base(), nullptr);
  EXPECT_FALSE(failure);
}
