//===- ResidualLayer.h - A layer that adds branches to a stream ---------------===//
#ifndef SLUICE_PASSES_GRAPH_RESIDUALLAYER_H
#define SLUICE_PASSES_GRAPH_RESIDUALLAYER_H

#include "dialects/Sluice/SluiceDialect.h"

namespace sluice {

/// How a layer's first activation becomes its first result.
struct ResidualLayer {
  LayerOp layer;
  llvm::SmallVector<AddOp> sums;   ///< that add a branch, in the order of the stream
  mlir::Operation *norm = nullptr; ///< one that the stream itself goes through, if any
};

/// Follows the stream from the first result back to the first activation. Fails with an error where it goes through an
/// op that is neither a sum nor a normalization.
mlir::FailureOr<ResidualLayer> findBranches(LayerOp layer);

/// Cuts a layer behind each of its sums into layers of the same depth, called NAME.0, NAME.1, ... Fails with an error
/// where a part uses what another computes, the stream apart.
mlir::FailureOr<llvm::SmallVector<ResidualLayer>> splitBranches(const ResidualLayer &whole);

} // namespace sluice

#endif // SLUICE_PASSES_GRAPH_RESIDUALLAYER_H
