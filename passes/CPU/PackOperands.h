//===- PackOperands.h - The panels of A and of B that a task multiplies -----------===//
#ifndef SLUICE_PASSES_CPU_PACKOPERANDS_H
#define SLUICE_PASSES_CPU_PACKOPERANDS_H

#include "passes/CPU/PanelPrefetch.h"

namespace sluice {

/// Packs A: a block of it where a task needs it, or all of it before the tasks.
struct PackerOfA {
  const Contraction &contraction; // whose operands are collapsed
  const ContractionPlan &plan;
  mlir::Value buffer; // of the plan's size; null: A is not packed

  /// Emits a parallel loop that packs all of A. Every task of a row of blocks of C needs the same panels of A: they are
  /// packed once, by all threads. `kernel` describes the loop, if it is not null.
  void packAll(mlir::ImplicitLocOpBuilder &b, KernelAttr kernel) const;

  /// The panels of a block of A, which are packed here unless all of A is; `matrix` is A at the position.
  Panels panelsOfBlock(mlir::ImplicitLocOpBuilder &b, MatrixView matrix, const Position &position, SubRange m,
                       SubRange k) const;

private:
  /// The element of the buffer at which the panels of a matrix begin, of the terms from `k` on.
  mlir::Value startOfMatrix(mlir::ImplicitLocOpBuilder &b, const Position &position, mlir::Value k) const;
  Panels panelsAt(mlir::Value base) const {
    return {buffer, base, plan.a.panels, contraction.computeType,
            contraction.narrow ? contraction.narrow->factor() : 1};
  }
};

/// Packs the panels of B for one block of the sum, and brings those behind them near. `start` is that of the panels
/// packed at once, in the columns `n` of a cache block.
struct PackerOfB {
  const ContractionPlan &plan;
  mlir::FloatType computeType; // what elements are rounded to; null: nothing
  mlir::Value buffer;          // of the plan's size
  MatrixView matrix;           // (columns of C x terms)
  SubRange n, k;

  /// Where in the buffer the panels are packed: of two places, if they are packed ahead, the one that the panel before
  /// is not at.
  mlir::Value placeOfPanels(mlir::ImplicitLocOpBuilder &b, mlir::Value start) const;
  /// Emits what is left to do before the panels are used: to pack them, or to finish what was packed ahead.
  void pack(mlir::ImplicitLocOpBuilder &b, SubRange columns, mlir::Value start, mlir::Value place) const;
  /// The panel that begins at column `j` of those at the place.
  Panels panelAt(mlir::ImplicitLocOpBuilder &b, mlir::Value place, mlir::Value j) const;
  /// The panels behind those that begin at `start`: of this block, of the next block of the sum, or of the next task;
  /// what is fetched, or packed, of them beside the panel at `j` of the present ones. None where B stays in cache.
  std::optional<PanelPrefetch> nextPanels(mlir::ImplicitLocOpBuilder &b, mlir::Value start, mlir::Value place,
                                          mlir::Value j) const;

private:
  /// Whether the panels at `start` were packed while others were multiplied (an i1).
  mlir::Value isPackedAhead(mlir::ImplicitLocOpBuilder &b, mlir::Value start) const;
  PanelPrefetch prefetchOf(mlir::ImplicitLocOpBuilder &b, mlir::Value row, mlir::Value sum, mlir::Value j) const;
  Panels panelsAt(mlir::Value base) const { return {buffer, base, plan.b.panels, computeType}; }
};

} // namespace sluice

#endif // SLUICE_PASSES_CPU_PACKOPERANDS_H
