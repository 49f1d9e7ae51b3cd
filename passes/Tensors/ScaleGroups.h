//===- ScaleGroups.h - Elements of a tensor that share a scale ---------------------===//
#ifndef SLUICE_PASSES_TENSORS_SCALEGROUPS_H
#define SLUICE_PASSES_TENSORS_SCALEGROUPS_H

#include "passes/Tensors/LinalgLowerings.h"

namespace sluice {

/// Groups of one size along a dimension of a matrix: `count` of `size` from `start` on.
struct Groups {
  int64_t start, count, size;

  int64_t extent() const { return count * size; }
};

/// Groups of rows and columns of equal sizes.
struct ScaledPart {
  Groups rows, columns;
  mlir::Value elements; ///< [rows.count, rows.size, columns.count, columns.size]
  mlir::Value largest;  ///< [rows.count, columns.count]: the largest magnitude of a group, without NaNs
  /// From the loops over `elements`: to these, and to one value a group.
  mlir::AffineMap all, ofGroup;
};

/// A tensor of at least rank 1 as a matrix: all leading dimensions are its rows.
mlir::Value asMatrix(LinalgBuilder &b, mlir::Value tensor);
/// The tensor of `type` that asMatrix() made such a matrix of.
mlir::Value fromMatrix(LinalgBuilder &b, mlir::Value matrix, mlir::RankedTensorType type);

/// Cuts a matrix into groups of `scaled` rows and columns, 0 for all. What is left of a dimension is smaller groups.
void forEachScaledPart(LinalgBuilder &b, mlir::Value matrix, llvm::ArrayRef<int64_t> scaled,
                       llvm::function_ref<void(const ScaledPart &)> use);

} // namespace sluice

#endif // SLUICE_PASSES_TENSORS_SCALEGROUPS_H
