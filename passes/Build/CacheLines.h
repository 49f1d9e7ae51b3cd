//===- CacheLines.h - How far apart rows of a buffer lie ------------------------===//
#ifndef SLUICE_PASSES_BUILD_CACHELINES_H
#define SLUICE_PASSES_BUILD_CACHELINES_H

#include "mlir/IR/Types.h"
#include "llvm/Support/MathExtras.h"

namespace sluice {

/// Of every processor that programs are compiled for so far. Scratch and offsets are multiples of it.
inline constexpr int64_t bytesOfCacheLine = 64;

/// At least as many elements in an odd number of cache lines: rows so far apart begin at the start of a line, and use
/// all sets of a cache.
inline int64_t inOddLines(int64_t elements, mlir::Type element) {
  int64_t ofLine = bytesOfCacheLine * 8 / element.getIntOrFloatBitWidth();
  return ofLine * (llvm::divideCeil(elements, ofLine) | 1);
}

} // namespace sluice

#endif // SLUICE_PASSES_BUILD_CACHELINES_H
