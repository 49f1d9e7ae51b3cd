//===- QuantizeToLinalg.cpp - Rounding to formats as linalg -------------------------===//
#include "passes/Tensors/QuantizeToLinalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Build/Rounding.h"
#include "passes/Tensors/ScaleGroups.h"

using namespace mlir;
using namespace sluice;

static SmallVector<utils::IteratorType> parallelLoops(int64_t count) {
  return SmallVector<utils::IteratorType>(count, utils::IteratorType::parallel);
}

/// The part of a matrix, quantized: [rows, columns].
static Value quantizePart(LinalgBuilder &b, const ScaledPart &part, const precision::FloatFormat &format) {
  Value rounded = b.generic({part.elements, part.largest}, b.empty(part.elements.getType()), 4,
                            {part.all, part.ofGroup, part.all}, parallelLoops(4),
                            [&](ImplicitLocOpBuilder &b, ValueRange v) -> SmallVector<Value> {
                              Value scale = scaleOfGroup(b, v[1], format);
                              Value divided = arith::MulFOp::create(b, v[0], inverseOfScale(b, scale));
                              return {arith::MulFOp::create(b, roundOperand(b, divided, format), scale)};
                            })
                      .front();
  return tensor::CollapseShapeOp::create(b, rounded, SmallVector<ReassociationIndices>{{0, 1}, {2, 3}});
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

  Value matrix = asMatrix(b, op.getInput()), result = b.empty(matrix.getType());
  auto index = [&](ArrayRef<int64_t> values) { return getAsIndexOpFoldResult(b.getContext(), values); };
  forEachScaledPart(b, matrix, *scaled, [&](const ScaledPart &part) {
    result = tensor::InsertSliceOp::create(b, quantizePart(b, part, format), result,
                                           index({part.rows.start, part.columns.start}),
                                           index({part.rows.extent(), part.columns.extent()}), index({1, 1}));
  });
  return fromMatrix(b, result, type);
}

void sluice::addQuantizeLowerings(LinalgLowerings &lowerings) { lowerings.add(lowerQuantize); }
