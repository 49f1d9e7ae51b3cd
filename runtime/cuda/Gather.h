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
  /// Waits for the stream. All but the parts must outlive this. RunError where there is too little memory.
  Gather(const Kernels &kernels, Stream &stream, const std::vector<Part> &parts);

  /// Gathers so many parts from a first on.
  void run(uint32_t first, uint32_t count) const;

  /// Where all of it lies, each part aligned for doubles.
  Address address() const { return memory.address() + static_cast<Address>(tableBytes); }
  int64_t bytes() const { return resultBytes; }
  /// What a part takes of it.
  static int64_t room(int64_t bytes) { return (bytes + 7) / 8 * 8; }

private:
  const Kernels &kernels;
  Stream &stream;
  int64_t tableBytes, resultBytes;
  CardMemory memory; ///< The table of the kernel, and then what it has gathered.
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_GATHER_H
