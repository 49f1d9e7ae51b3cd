//===- VectorBody.h - Bodies of generics on vectors --------------------------------===//
#ifndef SLUICE_PASSES_BUILD_VECTORBODY_H
#define SLUICE_PASSES_BUILD_VECTORBODY_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

namespace sluice {

/// The value in all `lanes`, or itself where it is a vector. A constant becomes a constant vector, which is no op at
/// run time.
inline mlir::Value broadcastToLanes(mlir::OpBuilder &b, mlir::Location loc, mlir::Value value, int64_t lanes) {
  if (mlir::isa<mlir::VectorType>(value.getType()))
    return value;
  auto type = mlir::VectorType::get({lanes}, value.getType());
  mlir::Attribute constant;
  if (mlir::matchPattern(value, mlir::m_Constant(&constant)))
    return mlir::arith::ConstantOp::create(b, loc, type, mlir::DenseElementsAttr::get(type, constant));
  return mlir::vector::BroadcastOp::create(b, loc, type, value);
}

/// An element-wise op on `lanes` elements at a time; `operands` are scalars or vectors, in the order of its operands.
/// The copy has the attributes of `op`, rounding and fast-math flags included.
inline mlir::Operation *cloneOnLanes(mlir::OpBuilder &b, mlir::Location loc, mlir::Operation &op,
                                     mlir::ValueRange operands, int64_t lanes) {
  llvm::SmallVector<mlir::Value> vectors;
  for (mlir::Value operand : operands)
    vectors.push_back(broadcastToLanes(b, loc, operand, lanes));
  llvm::SmallVector<mlir::Type> types;
  for (mlir::Type type : op.getResultTypes())
    types.push_back(mlir::VectorType::get({lanes}, type));
  return b.create(loc, op.getName().getIdentifier(), vectors, types, op.getAttrs());
}

/// As many vectors as each has elements become the columns of what they were the rows of. Swaps the blocks off the
/// diagonal, from the largest to single elements: log2 steps, two shuffles for two vectors each.
/// The vectors in `v` are replaced; their number is a power of two.
inline void transposeVectors(mlir::OpBuilder &b, mlir::Location loc, llvm::MutableArrayRef<mlir::Value> v) {
  int64_t size = v.size();
  for (int64_t half = size / 2; half > 0; half /= 2) {
    llvm::SmallVector<int64_t> low, high;
    for (int64_t lane = 0; lane < size; ++lane) {
      low.push_back(lane & half ? size + lane - half : lane);
      high.push_back(lane & half ? size + lane : lane + half);
    }
    for (int64_t i = 0; i < size; ++i)
      if (!(i & half)) {
        mlir::Value x = v[i], y = v[i + half];
        v[i] = mlir::vector::ShuffleOp::create(b, loc, x, y, low);
        v[i + half] = mlir::vector::ShuffleOp::create(b, loc, x, y, high);
      }
  }
}

/// All elements of the vectors, the first of each, then the second of each, and so on, in as many vectors: log2 steps
/// that merge two sequences each. Their number is a power of two, and no more than each has elements.
inline llvm::SmallVector<mlir::Value> interleaveVectors(mlir::OpBuilder &b, mlir::Location loc,
                                                        mlir::ValueRange vectors) {
  int64_t size = mlir::cast<mlir::VectorType>(vectors.front().getType()).getNumElements();
  llvm::SmallVector<int64_t> low, high;
  for (int64_t lane = 0; lane < size; ++lane) {
    low.push_back(lane / 2 + lane % 2 * size);
    high.push_back(low.back() + size / 2);
  }
  llvm::SmallVector<llvm::SmallVector<mlir::Value>> sequences;
  for (mlir::Value vector : vectors)
    sequences.push_back({vector});
  for (int64_t half = sequences.size() / 2; half > 0; half /= 2) {
    for (int64_t i = 0; i < half; ++i) {
      llvm::SmallVector<mlir::Value> merged;
      for (auto [x, y] : llvm::zip_equal(sequences[i], sequences[i + half])) {
        merged.push_back(mlir::vector::ShuffleOp::create(b, loc, x, y, low));
        merged.push_back(mlir::vector::ShuffleOp::create(b, loc, x, y, high));
      }
      sequences[i] = std::move(merged);
    }
    sequences.resize(half);
  }
  return sequences.front();
}

} // namespace sluice

#endif // SLUICE_PASSES_BUILD_VECTORBODY_H
