//===- MemoryCheck.cpp - Whether there is memory for a program ------------===//

#include "runtime/cli/MemoryCheck.h"
#include "runtime/Error.h"

#include <algorithm>

namespace sluice::runtime {

void checkMemory(const sluice_binary &program, unsigned threads, MemoryUse use, const AvailableMemory &memory,
                 const AvailableMemory &addresses) {
  MemoryPlan plan = planMemory(program, threads);
  int64_t reserved = plan.total(), fixed = fixedBytes(program, plan, use);
  int64_t written = use == MemoryUse::Training ? reserved : reserved - plan.versions - plan.persistent - plan.frames;
  auto check = [&](int64_t needed, const AvailableMemory &available) {
    if (needed > available.bytes)
      throw Error("the model '" + std::string(program.model) + "' needs " + mebibytes(needed) + " of memory, but " +
                  mebibytes(available.bytes) + " are available " + available.limit + ": " +
                  whatFits(program, needed, fixed, available.bytes));
  };
  check(written, memory);
  check(reserved, addresses);
}

void checkMemory(const sluice_binary &program, unsigned threads, MemoryUse use) {
  // Each thread has a stack beside what is planned.
  constexpr int64_t stack = int64_t(8) << 20;
  AvailableMemory addresses = availableAddresses();
  if (addresses.bytes != INT64_MAX)
    addresses.bytes = std::max<int64_t>(0, addresses.bytes - stack * (static_cast<int64_t>(threads) - 1));
  checkMemory(program, threads, use, availableMemory(), addresses);
}

} // namespace sluice::runtime
