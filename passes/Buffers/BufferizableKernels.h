//===- BufferizableKernels.h - Bufferization of the destination-style ops ----------===//
#ifndef SLUICE_PASSES_BUFFERS_BUFFERIZABLEKERNELS_H
#define SLUICE_PASSES_BUFFERS_BUFFERIZABLEKERNELS_H

#include "mlir/IR/DialectRegistry.h"

namespace sluice {
/// Lets one-shot bufferization turn the kernel ops of the dialect from tensors to memrefs.
void registerBufferizableKernels(mlir::DialectRegistry &registry);
} // namespace sluice

#endif // SLUICE_PASSES_BUFFERS_BUFFERIZABLEKERNELS_H
