//===- StoreSums.h - The sums of a block of registers go to C ---------------------===//
#ifndef SLUICE_PASSES_CPU_STORESUMS_H
#define SLUICE_PASSES_CPU_STORESUMS_H

#include "passes/CPU/ContractionPlan.h"
#include "passes/CPU/EpilogueKernel.h"
#include "passes/CPU/SumDraws.h"

namespace sluice {

/// A buffer of a cache block for sums that are not complete: its rows use all sets of a cache, and are one thread's.
struct KeptSums {
  MatrixView block;
  mlir::Value isLast; // i1: the sums are complete, and go to C
};

/// Where the sums of register blocks go: to C itself, through a tile, or to a buffer beside C until they are complete.
struct SumsTarget {
  MatrixView c;
  mlir::Value tile;       // rows x columns, for C whose columns are not contiguous, and for tiles; else null
  mlir::Value isFirst;    // i1: store instead of adding; null: never
  mlir::Value initialRow; // [n], what is added to the first sums of all rows of C; null: nothing
  std::optional<EpilogueKernel> epilogue; // runs on every block whose sums are complete
  std::optional<KeptSums> kept;           // nothing: sums are kept in C
  std::optional<NarrowSums> narrow;       // how sums are added; nothing: in their type
  std::optional<SumDraws> draws;          // beside them, what they draw; nothing: nothing

  /// What is stored of the sum or sums from (row, column) of C on, the first ones where `old` is null.
  mlir::Value combined(mlir::ImplicitLocOpBuilder &b, mlir::Value old, mlir::Value sum, mlir::Value row,
                       mlir::Value column) const;

  /// Emits what `body` emits where the sums are complete and there is an epilogue for them.
  void ifLast(mlir::ImplicitLocOpBuilder &b, llvm::function_ref<void()> body) const;
};

/// Where a register block begins in its cache block, and in C.
struct RegisterBlockStart {
  mlir::Value i, j, row, column;
};

/// Stores the sums of a register block, or adds them to those before, and runs the epilogue on them. `m` and `n` are
/// the cache block. `sums` are vectors, row by row; none where they are in the target's tile already.
void storeSums(mlir::ImplicitLocOpBuilder &b, const SumsTarget &target, const KernelShape &shape, SubRange m,
               SubRange n, RegisterBlockStart start, mlir::ValueRange sums);

} // namespace sluice

#endif // SLUICE_PASSES_CPU_STORESUMS_H
