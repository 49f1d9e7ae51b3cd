//===- PanelPrefetch.h - Brings the next panels of B near --------------------------===//
#ifndef SLUICE_PASSES_CPU_PANELPREFETCH_H
#define SLUICE_PASSES_CPU_PANELPREFETCH_H

#include "passes/CPU/PackPanels.h"

namespace sluice {

/// Brings the panels of B that are packed next near, a part of them with each of `parts` blocks of C, and some lines of
/// a part with each of the `stretches` of a sum: what is packed from memory waits for memory otherwise. They come into
/// the second-level cache, or are packed at once, some stretches later.
struct PanelPrefetch {
  MatrixView matrix;        // (columns of C x terms)
  mlir::Value row, sum;     // where the panels begin
  int64_t rows, sums;       // their size, all inside of the matrix
  int64_t parts;            // register blocks that are multiplied meanwhile
  mlir::Value firstPart;    // that of the first block of C
  std::optional<Panels> to; // where they are packed: a panel of whole lines of the cache, whose rows are contiguous

  /// Fetches the lines of one stretch of one part, and packs those that were fetched some stretches before.
  void emit(mlir::ImplicitLocOpBuilder &b, mlir::Value part, mlir::Value stretch, int64_t stretches,
            int64_t lanes) const;
  /// Packs what came with the last stretches.
  void finish(mlir::ImplicitLocOpBuilder &b, int64_t stretches, int64_t lanes) const;

private:
  /// Calls `body` with the place of each line, in rows and sums, of a stretch; `number` counts those of all parts.
  void forLines(mlir::ImplicitLocOpBuilder &b, mlir::Value number, int64_t stretches,
                llvm::function_ref<void(mlir::Value, mlir::Value)> body) const;
  /// Packs the lines of a stretch that came near some stretches before.
  void pack(mlir::ImplicitLocOpBuilder &b, mlir::Value number, int64_t stretches, int64_t lanes) const;
};

} // namespace sluice

#endif // SLUICE_PASSES_CPU_PANELPREFETCH_H
