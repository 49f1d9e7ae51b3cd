//===- Kernels.h - A program's kernels on a card ----------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CUDA_KERNELS_H
#define SLUICE_RUNTIME_CUDA_KERNELS_H

#include "runtime/abi.h"
#include "runtime/cuda/Card.h"

#include <vector>

namespace sluice::cuda {

/// The image that a card of ten times that compute capability runs: that for the card alone, or else the newest PTX
/// that is not newer than the card. Null where there is none. Architectures with a letter ("sm_90a") run on that card
/// alone.
const sluice_image *chooseImage(const sluice_binary &program, int capability);

/// Modules of a card: the program's, and the few kernels that the runtime has itself. RunError where the program has no
/// image for the card, or the driver does not take it.
class Kernels {
public:
  Kernels(const sluice_binary &program, const Card &card);
  ~Kernels();
  Kernels(const Kernels &) = delete;
  Kernels &operator=(const Kernels &) = delete;

  /// By index in sluice_binary::symbols.
  void *function(int32_t symbol) const { return functions[symbol]; }

  /// Adds `count` elements, each after the other's value: parameters are the addresses of sums and terms, and a count
  /// of 64 bits; threads of any grid share the work.
  void *addition(uint32_t element) const { return element == SLUICE_F64 ? addDouble : addFloat; }

private:
  void *load(const char *image, const std::string &what);
  void *find(void *module, const char *name) const;

  const Card &card;
  std::vector<void *> modules;
  std::vector<void *> functions;
  void *addFloat = nullptr, *addDouble = nullptr;
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_KERNELS_H
