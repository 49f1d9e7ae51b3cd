//===- TileKernel.h - A block of C in the tiles of a matrix unit --------------------===//
#ifndef SLUICE_PASSES_CPU_TILEKERNEL_H
#define SLUICE_PASSES_CPU_TILEKERNEL_H

#include "passes/CPU/PackPanels.h"

namespace sluice {

/// What a matrix unit multiplies, tile by tile: panels of A keep the terms of a tile together row by row, those of B in
/// pairs.
struct TilePanels {
  Panels a, b;
};

/// Emits the sums of the terms in [from, to) of the register block that begins at row `i` of the cache block. They go
/// to `sums`, a buffer of rows x columns in f32. `emitBeside` is called once, inside of the loop over the terms, with
/// the number of the stretch of the sum.
void multiplyTiles(mlir::ImplicitLocOpBuilder &b, const KernelShape &shape, const TilePanels &panels, mlir::Value sums,
                   mlir::Value i, mlir::Value from, mlir::Value to, llvm::function_ref<void(mlir::Value)> emitBeside);

} // namespace sluice

#endif // SLUICE_PASSES_CPU_TILEKERNEL_H
