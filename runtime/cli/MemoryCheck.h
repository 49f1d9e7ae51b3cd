//===- MemoryCheck.h - Whether there is memory for a program ----*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CLI_MEMORYCHECK_H
#define SLUICE_RUNTIME_CLI_MEMORYCHECK_H

#include "runtime/abi.h"
#include "runtime/cpu/AvailableMemory.h"
#include "runtime/engine/MemoryPlan.h"

namespace sluice::runtime {

/// Error where the program needs more memory than there is: how much, how much there is, and what would fit.
void checkMemory(const sluice_binary &program, unsigned threads, MemoryUse use, const AvailableMemory &memory,
                 const AvailableMemory &addresses);

/// The same for this process.
void checkMemory(const sluice_binary &program, unsigned threads, MemoryUse use);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CLI_MEMORYCHECK_H
