//===- PackPanels.h - Copies blocks of a matrix to contiguous panels ----------------===//
#ifndef SLUICE_PASSES_CPU_PACKPANELS_H
#define SLUICE_PASSES_CPU_PACKPANELS_H

#include "passes/CPU/ContractionPlan.h"
#include "passes/CPU/MatrixView.h"

namespace sluice {

/// Panels in a buffer, from element `base` on. The end of the buffer has the elements of a vector to spare. What the
/// last panel lacks in rows is zero.
struct Panels {
  mlir::Value buffer, base;
  PanelShape shape;
  mlir::FloatType computeType; // what elements are rounded to; null: nothing
  double factor = 1;           // what they are multiplied by, a power of two
};

/// Copies `rows` x `sums` of the matrix (rows x sums) to panels; `lanes` is the size of a vector. Columns of B are the
/// rows here. Elements are rounded to the panels' compute type, and are then of the buffer's type, or are multiplied by
/// their factor.
void packPanels(mlir::ImplicitLocOpBuilder &b, MatrixView matrix, SubRange rows, SubRange sums, Panels panels,
                int64_t lanes);

} // namespace sluice

#endif // SLUICE_PASSES_CPU_PACKPANELS_H
