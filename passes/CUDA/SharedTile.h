//===- SharedTile.h - A block of an operand in shared memory --------------------------===//
#ifndef SLUICE_PASSES_CUDA_SHAREDTILE_H
#define SLUICE_PASSES_CUDA_SHAREDTILE_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace sluice::cuda {

/// How a block of A or B lies in shared memory: `lines` rows of A or columns of B, `terms` of the sum each. What is
/// contiguous in global memory is contiguous here, in chunks of four, so that it is copied as it is:
///
/// - lines one behind the other with terms contiguous, or
/// - terms one behind the other with lines contiguous.
///
/// In the former case lines are permuted and chunks swizzled, so that neither the copies nor the reads of a kernel meet
/// in a bank. Lines 4 q to 4 q + 3, of which a thread reads all, lie a quarter of the block apart; those of
/// neighbouring q are neighbours. A chunk is exchanged with another one of its line by the place of the line in 128
/// bytes.
struct SharedTile {
  static constexpr int64_t chunk = 4; // elements

  int64_t lines, terms;
  bool hasContiguousTerms;

  int64_t elements() const { return lines * terms; }
  /// Chunks of what is contiguous.
  int64_t chunksOfRow() const { return (hasContiguousTerms ? terms : lines) / chunk; }

  /// Where terms 4 `chunkOfTerms` and on of line 4 `quad` + `part` lie, if terms are contiguous.
  mlir::Value placeOfTerms(mlir::ImplicitLocOpBuilder &b, mlir::Value quad, int64_t part,
                           mlir::Value chunkOfTerms) const;
  /// Where lines 4 `quad` and on of a term lie, if lines are contiguous.
  mlir::Value placeOfLines(mlir::ImplicitLocOpBuilder &b, mlir::Value quad, mlir::Value term) const;
};

} // namespace sluice::cuda

#endif // SLUICE_PASSES_CUDA_SHAREDTILE_H
