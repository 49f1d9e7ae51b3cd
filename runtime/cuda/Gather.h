//===- Gather.h - What the host reads, in one place -------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CUDA_GATHER_H
#define SLUICE_RUNTIME_CUDA_GATHER_H

#include "runtime/cuda/Kernels.h"
#include "runtime/cuda/Stream.h"

#include <cstdint>
#include <vector>

namespace sluice::cuda {

/// A part of a card's memory, of 32-bit words.
struct Part {
  Address address;
  int64_t bytes;
};

/// Parts of a card's memory that the host reads, gathered one behind the other so that one copy brings all.
class Gather {
public:
  /// Into so much memory of the card as they have room together, each aligned for doubles. Waits for the stream. All
  /// but the parts must outlive this. RunError where there is too little memory.
  Gather(const Kernels &kernels, Stream &stream, const std::vector<Part> &parts, Address into);

  /// Gathers so many parts from a first on.
  void run(uint32_t first, uint32_t count) const;

  /// What a part takes of it.
  static int64_t room(int64_t bytes) { return (bytes + 7) / 8 * 8; }

private:
  const Kernels &kernels;
  Stream &stream;
  CardMemory table; ///< As the kernel reads it.
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_GATHER_H
