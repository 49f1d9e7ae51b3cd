//===- MemoryCheck.cpp - Whether there is memory for a program ------------===//

#include "runtime/cli/MemoryCheck.h"
#include "runtime/Error.h"
#include "runtime/cli/Flags.h"
#include "runtime/cpu/Device.h"
#include "runtime/engine/Program.h"

#include <algorithm>

namespace sluice::runtime {

/// What does not depend on the batch: parameters, their gradients, the optimizer's state, and each thread's scratch.
static int64_t fixedBytes(const sluice_binary &program, const MemoryPlan &plan, MemoryUse use) {
  int64_t bytes = plan.parameters + plan.threadScratch;
  if (use == MemoryUse::Inference)
    return bytes;
  bytes += program.gradient_bytes + plan.versions;
  for (uint32_t i = 0; i < program.parameter_count; ++i)
    for (uint32_t state = 0; state < program.parameters[i].states; ++state)
      bytes += stateTensor(program.parameters[i], state).bytes;
  return bytes;
}

/// Which batch or sequence would fit: the rest of the memory grows with both.
static std::string whatFits(const sluice_binary &program, int64_t needed, int64_t fixed, int64_t available) {
  if (fixed >= available)
    return "what does not depend on the batch needs " + mebibytes(fixed) + " alone";
  double share = static_cast<double>(available - fixed) / static_cast<double>(needed - fixed);
  auto batch = static_cast<int64_t>(share * static_cast<double>(program.batch));
  if (batch >= 1)
    return "compiled with --batch=" + std::to_string(batch) + " in place of " + std::to_string(program.batch) +
           " it would fit";
  auto sequence = static_cast<int64_t>(share * static_cast<double>(program.batch * program.sequence));
  return "compiled with --batch=1 --seq=" + std::to_string(std::max<int64_t>(1, sequence)) + " it would fit";
}

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
