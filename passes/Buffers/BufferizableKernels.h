//===- BufferizableKernels.h - Bufferization of the destination-style ops ----------===//
//
// Kernel ops are destination-style: a result is the memory of its destination. Tools that bufferize call this once.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_BUFFERS_BUFFERIZABLEKERNELS_H
#define SLUICE_PASSES_BUFFERS_BUFFERIZABLEKERNELS_H

#include "mlir/IR/DialectRegistry.h"

namespace sluice {
/// Lets one-shot bufferization turn the kernel ops of the dialect from tensors to memrefs.
void registerBufferizableKernels(mlir::DialectRegistry &registry);
} // namespace sluice

#endif // SLUICE_PASSES_BUFFERS_BUFFERIZABLEKERNELS_H
