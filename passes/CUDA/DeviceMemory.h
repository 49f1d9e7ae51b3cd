//===- DeviceMemory.h - Loads, stores and copies inside of a kernel ------------------===//
#ifndef SLUICE_PASSES_CUDA_DEVICEMEMORY_H
#define SLUICE_PASSES_CUDA_DEVICEMEMORY_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace sluice::cuda {

/// Bytes of the widest access of one thread.
inline constexpr int64_t bytesOfAccess = 16;

/// A memref seen as one dimension, which is indexed by distances from its first element.
mlir::Value flatten(mlir::ImplicitLocOpBuilder &b, mlir::Value memref);

/// `lanes` neighbours as a vector, in one access: their place is a multiple of their size. With one lane a scalar.
mlir::Value loadLanes(mlir::ImplicitLocOpBuilder &b, mlir::Value flat, mlir::Value index, int64_t lanes);
void storeLanes(mlir::ImplicitLocOpBuilder &b, mlir::Value value, mlir::Value flat, mlir::Value index);

/// The address of an element.
mlir::Value pointerTo(mlir::ImplicitLocOpBuilder &b, mlir::Value flat, mlir::Value index);

/// A place in a flat memref.
struct Place {
  mlir::Value flat, index;
};

/// Starts to copy `lanes` neighbours from global to shared memory, of 4, 8 or 16 bytes together. Of those, `valid` (an
/// index; null: all) are read, the others become zero.
void copyAsync(mlir::ImplicitLocOpBuilder &b, Place from, Place to, int64_t lanes, mlir::Value valid);
/// Copies that were started since the last call are a group.
void commitCopies(mlir::ImplicitLocOpBuilder &b);
/// Waits until all but the newest `pending` groups of this thread are done.
void waitForCopies(mlir::ImplicitLocOpBuilder &b, int64_t pending);

/// First in the body of a loop: `ptxas` does not unroll it, which would take registers from sums.
void keepLoop(mlir::ImplicitLocOpBuilder &b);
/// The index, of which LLVM does not know that it is the same in every iteration of a loop: what is computed from it is
/// computed again, and takes no registers from sums meanwhile.
mlir::Value hidden(mlir::ImplicitLocOpBuilder &b, mlir::Value index);

} // namespace sluice::cuda

#endif // SLUICE_PASSES_CUDA_DEVICEMEMORY_H
