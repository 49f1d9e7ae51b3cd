//===- Runner.h - Single kernels on the first card -----------------------------------------===//
#ifndef SLUICE_TEST_GPU_RUNNER_H
#define SLUICE_TEST_GPU_RUNNER_H

#include "runtime/cuda/Card.h"
#include <cstdint>
#include <string>
#include <vector>

namespace sluice::gpu {

/// The first card. Every call of it waits until the card is done; RunError says in a line what went wrong.
class Runner {
public:
  Runner() : card(0) {}

  const cuda::Card card;

  /// Compiles PTX and runs its only kernel: every input is copied to the card, `resultBytes` bytes are copied back. The
  /// kernel's parameters are the inputs' addresses, the address of the result and `steps`.
  std::vector<uint8_t> run(const std::string &ptx, const char *kernel, unsigned blocks, unsigned threads,
                           const std::vector<std::vector<uint8_t>> &inputs, size_t resultBytes, uint32_t steps) const;
};

} // namespace sluice::gpu

#endif // SLUICE_TEST_GPU_RUNNER_H
