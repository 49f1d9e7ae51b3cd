//===- Windows.h - The parts of a block that a card holds -------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CUDA_WINDOWS_H
#define SLUICE_RUNTIME_CUDA_WINDOWS_H

#include "runtime/abi.h"

#include <cstdint>
#include <vector>

namespace sluice::cuda {

/// Ranges of the parameter block or of the persistent block, one behind the other in the memory of a card. Stages that
/// lie elsewhere have no memory there.
class Windows {
public:
  /// Of the block that operands of `space` are in. `isHere` says by stage which of them lie on the card.
  Windows(const sluice_binary &program, sluice_space space, const std::vector<char> &isHere);

  int64_t bytes() const { return total; }
  /// Where an offset of the block lies, which is in a range: bytes behind the begin of the first.
  int64_t at(int64_t offset) const;

private:
  struct Window {
    int64_t begin, end; ///< In the block.
    int64_t at = 0;
  };
  void add(int64_t begin, int64_t end);
  void place();

  std::vector<Window> windows; // sorted, and apart from each other
  int64_t total = 0;
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_WINDOWS_H
