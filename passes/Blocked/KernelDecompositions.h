//===- KernelDecompositions.h - Which function decomposes a kernel op --------------===//
//
// The dialect says what kernel ops compute; here is how they become loops. Tools that lower them call this once.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_PASSES_BLOCKED_KERNELDECOMPOSITIONS_H
#define SLUICE_PASSES_BLOCKED_KERNELDECOMPOSITIONS_H

#include "mlir/IR/DialectRegistry.h"

namespace sluice {
/// Attaches `KernelOpInterface` to the kernel ops of the dialect.
void registerKernelDecompositions(mlir::DialectRegistry &registry);
} // namespace sluice

#endif // SLUICE_PASSES_BLOCKED_KERNELDECOMPOSITIONS_H
