//===- ParallelWork.h - Work that is worth waking threads for ---------------------===//
#ifndef SLUICE_PASSES_CPU_PARALLELWORK_H
#define SLUICE_PASSES_CPU_PARALLELWORK_H

#include <cstdint>

namespace sluice {

/// In operations on elements of a loop over memory: below it, waking threads costs more than it gains.
inline constexpr int64_t leastParallelOperations = 32 * 1024;

/// In multiplications of a contraction, of which a processor does so many in the time of one such operation: their
/// operands are in registers, and each is added to a sum by the same instruction.
inline constexpr int64_t multiplicationsOfOperation = 8;
inline constexpr int64_t leastParallelMultiplications = multiplicationsOfOperation * leastParallelOperations;

} // namespace sluice

#endif // SLUICE_PASSES_CPU_PARALLELWORK_H
