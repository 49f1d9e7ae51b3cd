//===- QuantizeToLinalg.cpp - Rounding to formats as linalg -------------------------===//
#include "passes/Tensors/QuantizeToLinalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Build/Rounding.h"

using namespace mlir;
using namespace sluice;

namespace {
/// Groups of one size in a matrix: `count` of `size` from `start` on.
struct Groups {
  int64_t start, count, size;

  int64_t extent() const { return count * size; }
};

/// Quantizes a matrix whose groups have a scale each.
struct ScaledQuantizer {
  LinalgBuilder &b;
  precision::FloatFormat format;

  Value quantize(Value matrix, Groups rows, Groups columns);
};
} // namespace

/// Whole groups, then what is left of a dimension as a smaller one.
static SmallVector<Groups> groupsOf(int64_t extent, int64_t size) {
  if (size == 0 || size >= extent)
    return {{0, 1, extent}};
  SmallVector<Groups> groups = {{0, extent / size, size}};
  if (int64_t rest = extent % size)
    groups.push_back({extent - rest, 1, rest});
  return groups;
}

/// The part of the matrix, quantized: [rows, columns].
Value ScaledQuantizer::quantize(Value matrix, Groups rows, Groups columns) {
  Type element = typeOf(matrix).getElementType();
  auto index = [&](ArrayRef<int64_t> values) { return getAsIndexOpFoldResult(b.getContext(), values); };
  Value part = tensor::ExtractSliceOp::create(b, matrix, index({rows.start, columns.start}),
                                              index({rows.extent(), columns.extent()}), index({1, 1}));
  SmallVector<ReassociationIndices> split = {{0, 1}, {2, 3}};
  auto grouped = RankedTensorType::get({rows.count, rows.size, columns.count, columns.size}, element);
  Value groups = tensor::ExpandShapeOp::create(b, grouped, part, split);

  MLIRContext *context = b.getContext();
  AffineMap all = AffineMap::getMultiDimIdentityMap(4, context);
  AffineMap ofGroup = AffineMap::get(4, 0, {getAffineDimExpr(0, context), getAffineDimExpr(2, context)}, context);
  auto parallel = utils::IteratorType::parallel, reduction = utils::IteratorType::reduction;
  Value largest = b.generic(groups, b.filled(RankedTensorType::get({rows.count, columns.count}, element), 0), 4,
                            {all, ofGroup}, {parallel, reduction, parallel, reduction},
                            [](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                              // A NaN has no part in the scale.
                              return {arith::MaxNumFOp::create(b, v[1], math::AbsFOp::create(b, v[0]))};
                            })
                      .front();
  Value rounded = b.generic({groups, largest}, b.empty(grouped), 4, {all, ofGroup, all},
                            SmallVector<utils::IteratorType>(4, parallel),
                            [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                              Value scale = scaleOfGroup(b, v[1], format);
                              Value divided = arith::MulFOp::create(b, v[0], inverseOfScale(b, scale));
                              return {arith::MulFOp::create(b, roundOperand(b, divided, format), scale)};
                            })
                      .front();
  return tensor::CollapseShapeOp::create(b, rounded, split);
}

static Value lowerQuantize(LinalgBuilder &b, QuantizeOp op) {
  RankedTensorType type = op.getType();
  precision::FloatFormat format = op.getFormat().getValue();
  std::optional<ArrayRef<int64_t>> scaled = op.getScaled();
  if (!scaled || type.getRank() == 0)
    return b
        .elementwise(op.getInput(), b.empty(type),
                     [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                       return {roundOperand(b, v[0], format)};
                     })
        .front();

  int64_t columnCount = type.getShape().back(), rowCount = type.getNumElements() / columnCount;
  auto matrixType = RankedTensorType::get({rowCount, columnCount}, type.getElementType());
  SmallVector<ReassociationIndices> leading(2);
  for (int64_t d = 0; d < type.getRank(); ++d)
    leading[d + 1 == type.getRank()].push_back(d);
  Value matrix = op.getInput();
  if (type.getRank() == 1)
    matrix = tensor::ExpandShapeOp::create(b, matrixType, matrix, SmallVector<ReassociationIndices>{{0, 1}});
  else if (type.getRank() > 2)
    matrix = tensor::CollapseShapeOp::create(b, matrixType, matrix, leading);

  ScaledQuantizer quantizer{b, format};
  Value result = b.empty(matrixType);
  auto index = [&](ArrayRef<int64_t> values) { return getAsIndexOpFoldResult(b.getContext(), values); };
  for (Groups rows : groupsOf(rowCount, (*scaled)[0]))
    for (Groups columns : groupsOf(columnCount, (*scaled)[1])) {
      Value part = quantizer.quantize(matrix, rows, columns);
      result = tensor::InsertSliceOp::create(b, part, result, index({rows.start, columns.start}),
                                             index({rows.extent(), columns.extent()}), index({1, 1}));
    }
  if (type.getRank() == 1)
    return tensor::CollapseShapeOp::create(b, type, result, SmallVector<ReassociationIndices>{{0, 1}});
  return type.getRank() == 2 ? result : Value(tensor::ExpandShapeOp::create(b, type, result, leading));
}

void sluice::addQuantizeLowerings(LinalgLowerings &lowerings) { lowerings.add(lowerQuantize); }
