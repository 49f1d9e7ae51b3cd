//===- Kernels.h - A program's kernels on a card ----------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CUDA_KERNELS_H
#define SLUICE_RUNTIME_CUDA_KERNELS_H

#include "runtime/abi.h"
#include "runtime/cuda/Card.h"
#include "runtime/cuda/OwnKernels.h"

#include <iterator>
#include <vector>

namespace sluice::cuda {

/// The images that a card of ten times that compute capability can run, the best first: what is for the card alone, and
/// then the newest PTX that is not newer than the card. Architectures with a letter ("sm_90a") run on that card alone.
std::vector<const sluice_image *> imagesFor(const sluice_binary &program, int capability);

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

  /// One of the runtime's for floats of that type.
  void *own(OwnKernel kernel, uint32_t element) const {
    return ownKernels[static_cast<size_t>(kernel)][element == SLUICE_F64];
  }

private:
  void *load(const char *image, const std::string &what);
  void *loadProgram(const sluice_binary &program);
  void *find(void *module, const char *name) const;

  const Card &card;
  std::vector<void *> modules;
  std::vector<void *> functions;
  void *ownKernels[std::size(kOwnKernels)][2] = {}; ///< For f32, and for f64.
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_KERNELS_H
