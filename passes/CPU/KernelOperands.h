//===- KernelOperands.h - Where a register kernel reads A and B -------------------===//
#ifndef SLUICE_PASSES_CPU_KERNELOPERANDS_H
#define SLUICE_PASSES_CPU_KERNELOPERANDS_H

#include "passes/CPU/PackPanels.h"
#include <functional>

namespace sluice {

/// The element of A in row `r` of the register block that begins at row `i` of the cache block, of term `k` of its sum;
/// of two terms that lie together both, as the bits of one integer.
using ElementOfA = std::function<mlir::Value(mlir::ImplicitLocOpBuilder &, mlir::Value i, mlir::Value k, int64_t r)>;
/// In panels, which are padded with zeros: rows beyond the last are there.
ElementOfA packedElement(Panels panels);
/// Beyond the last row of the block it is an element of that row.
ElementOfA elementInPlace(MatrixView matrix, SubRange rows, SubRange sums);

/// The vector of B whose columns begin at `column` of the register block, of term `k` of its sum, or of two terms that
/// lie together.
using VectorOfB = std::function<mlir::Value(mlir::ImplicitLocOpBuilder &, mlir::Value k, int64_t column)>;
/// In a panel, `lanes` columns at a time.
VectorOfB packedVector(Panels panel, int64_t lanes);
/// Rows of B are the terms here: `matrix` is (columns of C x terms), as for the panels.
VectorOfB vectorInPlace(MatrixView matrix, mlir::Value column, SubRange sums, int64_t lanes);

} // namespace sluice

#endif // SLUICE_PASSES_CPU_KERNELOPERANDS_H
