//===- AvailableMemory.h - How much memory a program may use ----*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CPU_AVAILABLEMEMORY_H
#define SLUICE_RUNTIME_CPU_AVAILABLEMEMORY_H

#include <cstdint>
#include <string>

namespace sluice::runtime {

struct AvailableMemory {
  int64_t bytes;
  std::string limit; ///< What it is for people: "of this machine", "under 'ulimit -v'", "in this control group".
};

/// The least of what limits pages that are written: memory and swap that are free, control groups of version 1 and 2,
/// and RLIMIT_DATA. Files are read below `root`, which tests set.
AvailableMemory availableMemory(const std::string &root = "");

/// What may be reserved, written or not: RLIMIT_AS.
AvailableMemory availableAddresses();

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CPU_AVAILABLEMEMORY_H
