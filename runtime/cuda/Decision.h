//===- Decision.h - Whether a step updates ----------------------*- C++ -*-===//
//
// The host decides so where devices exchange their norms. A card that has all gradients does it by itself, and goes on.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_CUDA_DECISION_H
#define SLUICE_RUNTIME_CUDA_DECISION_H

#include "runtime/cuda/Kernels.h"
#include "runtime/cuda/Stream.h"

#include <vector>

namespace sluice::cuda {

class Decision {
public:
  /// Of a program that has one stage. All must outlive this. RunError where there is too little memory.
  Decision(const sluice_binary &program, const Kernels &kernels, Stream &stream);

  /// No update if a value, at this address when it is reached, is not finite.
  void watch(Address value, uint32_t element);
  /// Decides, where sums of squares are at these addresses, of which that of others may be 0, the step at a third,
  /// whose scalar of that number gradients are multiplied by unless it is -1, and an UpdateRule at the last.
  void run(Address squares, Address unclipped, Address step, int64_t clipScale, Address rule);
  /// Steps update again, where one has stopped those behind it (UpdateRule::stops).
  void goOn();

private:
  void launch(OwnKernel kernel, uint32_t element, std::vector<Address> parameters, const char *name);

  const Kernels &kernels;
  Stream &stream;
  std::vector<uint32_t> numbers; ///< Of parameters that have norms.
  CardMemory memory;             ///< The word that is watched, the one that stops, and then these numbers.
};

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_DECISION_H
