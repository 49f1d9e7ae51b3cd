//===- OwnKernels.h - Kernels that no program has ---------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CUDA_OWNKERNELS_H
#define SLUICE_RUNTIME_CUDA_OWNKERNELS_H

#include "runtime/abi.h"

#include <string>

namespace sluice::cuda {

/// All parameters are 64 bits: addresses, counts, doubles.
enum class OwnKernel {
  /// Adds each of the others to a value: addresses of values and of others, count. Threads of any grid share the work.
  Add,
  /// A value gets what the other will be if it goes on as many times as it went from the value to it: the same, and how
  /// many times.
  Extrapolate,
  /// Sets a word to 1 unless a value is finite: addresses of the value and of the word. One thread.
  Watch,
  /// Decides whether a step updates, and by what gradients are multiplied, as the host does (StepScalars.h): addresses
  /// of sums of squares by parameter, of those that are not clipped or 0, and of the numbers of the parameters that
  /// have
  /// some; their count; addresses of the word that was watched, which is 0 afterwards, behind which another is 1 if no
  /// step updates any more, of that which says whether the step updates, of the double for the factor or 0, and of an
  /// UpdateRule. One thread.
  Decide,
  /// Copies parts of memory: address of a table with three addresses a part, where it goes, where it lies, and how many
  /// 32-bit words it has. A block a part, of any threads.
  Gather
};

inline constexpr OwnKernel kOwnKernels[] = {OwnKernel::Add, OwnKernel::Extrapolate, OwnKernel::Watch, OwnKernel::Decide,
                                            OwnKernel::Gather};

/// The name of a kernel for floats of a type; one that has to do with no floats has a name for each.
std::string ownName(OwnKernel kernel, uint32_t element);

/// All of them, for every card.
std::string ownPtx();

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_OWNKERNELS_H
