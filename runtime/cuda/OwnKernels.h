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
  /// Makes a double NaN unless a value is finite: addresses of the value and of the double. One thread.
  Watch,
  /// Decides whether a step updates, and by what gradients are multiplied, as the host does (StepScalars.h): address of
  /// a table with two addresses an entry, of a sum of squares and of one that is not clipped or 0, and how many there
  /// are; addresses of a word that is 1 if no step updates any more, of that which says whether the step updates, of
  /// the double for the factor or 0, and of an UpdateRule. One block of kDecidingThreads.
  Decide,
  /// Copies parts of memory: address of a table with three addresses a part, where it goes, where it lies, and how many
  /// 32-bit words it has. A block a part, of any threads.
  Gather,
  /// Copies words of 32 bits, of doubles' 64: addresses where they go and where they lie, count. Threads of any grid
  /// share the work. Captured, this goes to other cards as well, which cuMemcpyPeerAsync does not.
  Copy,
  /// The same with bytes.
  CopyBytes,
  /// Stores the card's time in nanoseconds: address of 64 bits. One thread.
  Mark
};

inline constexpr uint32_t kDecidingThreads = 128;

inline constexpr OwnKernel kOwnKernels[] = {OwnKernel::Add,       OwnKernel::Extrapolate, OwnKernel::Watch,
                                            OwnKernel::Decide,    OwnKernel::Gather,      OwnKernel::Copy,
                                            OwnKernel::CopyBytes, OwnKernel::Mark};

/// The name of a kernel for floats of a type; one that has to do with no floats has a name for each.
std::string ownName(OwnKernel kernel, uint32_t element);

/// What one does, for messages: "the sum of gradients".
const char *describe(OwnKernel kernel);

/// All of them, for every card.
std::string ownPtx();

} // namespace sluice::cuda

#endif // SLUICE_RUNTIME_CUDA_OWNKERNELS_H
