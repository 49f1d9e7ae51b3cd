//===- KernelMemory.h - What the body of a kernel does with memory ----------------------===//
#ifndef SLUICE_PASSES_CUDA_KERNELMEMORY_H
#define SLUICE_PASSES_CUDA_KERNELMEMORY_H

#include "passes/Contractions/BufferAliases.h"

namespace sluice {

/// Whether ops inside of `kernel` do anything but read the memory, by itself, through views or through addresses of it.
bool isWrittenIn(mlir::Operation *kernel, mlir::Value memory);

/// What the op may do with what is at the location. A launch touches the memory that it uses from outside alone.
mlir::ModRefResult getModRef(BufferAliases &aliases, mlir::Operation *op, mlir::Value location);

} // namespace sluice

#endif // SLUICE_PASSES_CUDA_KERNELMEMORY_H
