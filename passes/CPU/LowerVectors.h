//===- LowerVectors.h - Inside of sluice-lower-to-llvm ---------------------------===//
#ifndef SLUICE_PASSES_CPU_LOWERVECTORS_H
#define SLUICE_PASSES_CPU_LOWERVECTORS_H

#include "mlir/Pass/Pass.h"
#include <memory>

namespace sluice {

/// Contractions to outer products and FMAs, transfers to loads and stores of one dimension, everything else to what
/// LLVM has.
std::unique_ptr<mlir::Pass> createLowerVectors();

/// Copies that are not of one contiguous block to loops; LLVM has none for them.
std::unique_ptr<mlir::Pass> createLowerCopies();

} // namespace sluice

#endif // SLUICE_PASSES_CPU_LOWERVECTORS_H
