//===- ScaleGroups.cpp - Elements of a tensor that share a scale --------------------===//
#include "passes/Tensors/ScaleGroups.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace sluice;

/// Whole groups, then what is left of a dimension as a smaller one.
static SmallVector<Groups> groupsOf(int64_t extent, int64_t size) {
  if (size == 0 || size >= extent)
    return {{0, 1, extent}};
  SmallVector<Groups> groups = {{0, extent / size, size}};
  if (int64_t rest = extent % size)
    groups.push_back({extent - rest, 1, rest});
  return groups;
}

/// The dimensions of a tensor of that rank, at least 2, by the dimension of its matrix.
static SmallVector<ReassociationIndices> dimensionsOfMatrix(int64_t rank) {
  SmallVector<ReassociationIndices> dimensions(2);
  for (int64_t d = 0; d < rank; ++d)
    dimensions[d + 1 == rank].push_back(d);
  return dimensions;
}

Value sluice::asMatrix(LinalgBuilder &b, Value tensor) {
  RankedTensorType type = typeOf(tensor);
  int64_t columns = type.getShape().back();
  int64_t rows = columns == 0 ? 0 : type.getNumElements() / columns;
  auto matrixType = RankedTensorType::get({rows, columns}, type.getElementType());
  if (type.getRank() == 1)
    return tensor::ExpandShapeOp::create(b, matrixType, tensor, SmallVector<ReassociationIndices>{{0, 1}});
  if (type.getRank() == 2)
    return tensor;
  return tensor::CollapseShapeOp::create(b, matrixType, tensor, dimensionsOfMatrix(type.getRank()));
}

Value sluice::fromMatrix(LinalgBuilder &b, Value matrix, RankedTensorType type) {
  if (type.getRank() == 1)
    return tensor::CollapseShapeOp::create(b, type, matrix, SmallVector<ReassociationIndices>{{0, 1}});
  if (type.getRank() == 2)
    return matrix;
  return tensor::ExpandShapeOp::create(b, type, matrix, dimensionsOfMatrix(type.getRank()));
}

static ScaledPart describePart(LinalgBuilder &b, Value matrix, Groups rows, Groups columns) {
  Type element = typeOf(matrix).getElementType();
  auto index = [&](ArrayRef<int64_t> values) { return getAsIndexOpFoldResult(b.getContext(), values); };
  Value part = tensor::ExtractSliceOp::create(b, matrix, index({rows.start, columns.start}),
                                              index({rows.extent(), columns.extent()}), index({1, 1}));
  auto grouped = RankedTensorType::get({rows.count, rows.size, columns.count, columns.size}, element);
  Value elements = tensor::ExpandShapeOp::create(b, grouped, part, SmallVector<ReassociationIndices>{{0, 1}, {2, 3}});
  MLIRContext *context = b.getContext();
  AffineMap all = AffineMap::getMultiDimIdentityMap(4, context);
  AffineMap ofGroup = AffineMap::get(4, 0, {getAffineDimExpr(0, context), getAffineDimExpr(2, context)}, context);
  auto parallel = utils::IteratorType::parallel, reduction = utils::IteratorType::reduction;
  Value largest = b.generic(elements, b.filled(RankedTensorType::get({rows.count, columns.count}, element), 0), 4,
                            {all, ofGroup}, {parallel, reduction, parallel, reduction},
                            [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                              // A NaN has no part in the scale.
                              return {arith::MaxNumFOp::create(b, v[1], math::AbsFOp::create(b, v[0]))};
                            })
                      .front();
  return {rows, columns, elements, largest, all, ofGroup};
}

void sluice::forEachScaledPart(LinalgBuilder &b, Value matrix, ArrayRef<int64_t> scaled,
                               function_ref<void(const ScaledPart &)> use) {
  ArrayRef<int64_t> shape = typeOf(matrix).getShape();
  for (Groups rows : groupsOf(shape[0], scaled[0]))
    for (Groups columns : groupsOf(shape[1], scaled[1]))
      use(describePart(b, matrix, rows, columns));
}
