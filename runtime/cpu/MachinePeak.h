//===- MachinePeak.h - What this machine can do at most ---------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_CPU_MACHINEPEAK_H
#define SLUICE_RUNTIME_CPU_MACHINEPEAK_H

#include "runtime/cpu/Pool.h"

namespace sluice::runtime {

/// Rates that shares and rooflines are taken of, measured on the threads of a pool.
struct MachinePeak {
  double flops;          ///< Operations a second on registers, in the widest vectors there are.
  const char *operation; ///< What these are: f32 multiply-adds, or products of bf16 (pairs or tiles), summed in f32.
  double bandwidth;      ///< Bytes a second: a[i] = b[i] + s c[i] on arrays beyond the caches, 12 bytes an element.
};

/// `forBF16` asks for the rate of products of bf16, where the processor has an instruction for them. Takes about a
/// second and 384 MiB. RunError if there is not as much memory.
MachinePeak measureMachinePeak(sluice_pool &pool, bool forBF16);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_CPU_MACHINEPEAK_H
