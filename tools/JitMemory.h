//===- JitMemory.h - Where code that was compiled in this process lies ------------===//
#ifndef SLUICE_TOOLS_JITMEMORY_H
#define SLUICE_TOOLS_JITMEMORY_H

#include "llvm/ExecutionEngine/SectionMemoryManager.h"

namespace sluice {

/// One range of addresses for all sections of a module. Code reaches constants and addresses of functions by offsets of
/// 32 bits; sections that the system puts anywhere may lie further apart, and then calls go astray.
class JitMemory : public llvm::SectionMemoryManager::MemoryMapper {
public:
  /// Of addresses; memory is taken as sections need it. No module of ours comes near.
  static constexpr size_t reservedBytes = size_t(256) << 20;

  JitMemory() = default;
  JitMemory(const JitMemory &) = delete;
  ~JitMemory() override;

  /// Whole pages behind those of the call before. Error code: the system refuses the range, or it is used up.
  llvm::sys::MemoryBlock allocateMappedMemory(llvm::SectionMemoryManager::AllocationPurpose purpose, size_t bytes,
                                              const llvm::sys::MemoryBlock *near, unsigned flags,
                                              std::error_code &failure) override;
  std::error_code protectMappedMemory(const llvm::sys::MemoryBlock &block, unsigned flags) override;
  /// Leaves the pages: they go with the range.
  std::error_code releaseMappedMemory(llvm::sys::MemoryBlock &block) override;

private:
  char *range = nullptr;
  size_t used = 0; // bytes
};

} // namespace sluice

#endif // SLUICE_TOOLS_JITMEMORY_H
