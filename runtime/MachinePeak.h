//===- MachinePeak.h - What this machine can do at most ---------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_MACHINEPEAK_H
#define SLUICE_RUNTIME_MACHINEPEAK_H

#include "Pool.h"

namespace sluice::runtime {

/// Rates that shares and rooflines are taken of, measured on the threads of a pool.
struct MachinePeak {
  double flops;     ///< f32 operations a second: fused multiply-adds on registers, in the widest vectors there are.
  double bandwidth; ///< Bytes a second: a[i] = b[i] + s c[i] on arrays beyond the caches, 12 bytes an element.
};

/// Takes about a second and 384 MiB. RunError if there is not as much memory.
MachinePeak measureMachinePeak(sluice_pool &pool);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_MACHINEPEAK_H
