//===- Shapes.h - What verifiers expect of shapes ------------------------------===//
#ifndef SLUICE_DIALECTS_SLUICE_SHAPES_H
#define SLUICE_DIALECTS_SLUICE_SHAPES_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Operation.h"

namespace sluice {

/// The shape and the element type of a ranked tensor. The shape is owned by the type, which lives as long as the
/// context.
inline llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
}
inline mlir::Type elementOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType()).getElementType();
}

/// Of a tensor or a buffer.
inline int64_t rankOf(mlir::Value value) { return mlir::cast<mlir::ShapedType>(value.getType()).getRank(); }

// Each fails with an error on `op` that says what was expected and what was found.

/// `what` names the value in the error: "expected weight of shape [3], found [2]".
inline mlir::LogicalResult expectShape(mlir::Operation *op, llvm::StringRef what, mlir::Value value,
                                       llvm::ArrayRef<int64_t> expected) {
  if (shapeOf(value) == expected)
    return mlir::success();
  return op->emitOpError() << "expected " << what << " of shape [" << expected << "], found [" << shapeOf(value) << "]";
}

/// Null values count nothing; the first is not null.
inline mlir::LogicalResult expectSameElement(mlir::Operation *op, mlir::ValueRange values) {
  for (mlir::Value value : values)
    if (value && elementOf(value) != elementOf(values.front()))
      return op->emitOpError() << "expected one element type, found " << elementOf(values.front()) << " and "
                               << elementOf(value);
  return mlir::success();
}

/// What is added to a variance before its root is taken: 0 would let rows of equal elements divide by it.
inline mlir::LogicalResult expectPositiveEpsilon(mlir::Operation *op, const llvm::APFloat &epsilon) {
  if (epsilon.convertToDouble() > 0)
    return mlir::success();
  return op->emitOpError() << "expected a positive epsilon, found " << epsilon.convertToDouble();
}

/// Of a contraction among those of its function: what is drawn for it fills a word with another bit.
inline mlir::LogicalResult expectOrdinal(mlir::Operation *op, int64_t ordinal) {
  if (ordinal >= 0 && ordinal < int64_t(1) << 31)
    return mlir::success();
  return op->emitOpError() << "expected an ordinal in [0, 2^31), found " << ordinal;
}

} // namespace sluice

#endif // SLUICE_DIALECTS_SLUICE_SHAPES_H
