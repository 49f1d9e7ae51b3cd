//===- ShapesToLinalg.cpp - Reshapes, parts and joins as tensor ops ----------------===//
#include "passes/Tensors/ShapesToLinalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Tensor/Utils/Utils.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "passes/Build/Formula.h"

using namespace mlir;
using namespace sluice;

static Value lowerElement(LinalgBuilder &b, ElementOp op) {
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value index = arith::IndexCastOp::create(b, b.getIndexType(), tensor::ExtractOp::create(b, op.getIndex(), zero));
  Value value = tensor::ExtractOp::create(b, op.getVector(), index);
  return tensor::FromElementsOp::create(b, op.getType(), value);
}

static Value lowerReshape(LinalgBuilder &b, ReshapeOp op) {
  RankedTensorType from = typeOf(op.getInput()), to = op.getType();
  auto reassociation = getReassociationIndicesForReshape(from, to);
  if (reassociation && from.getRank() > to.getRank())
    return tensor::CollapseShapeOp::create(b, to, op.getInput(), *reassociation);
  if (reassociation && from.getRank() < to.getRank())
    return tensor::ExpandShapeOp::create(b, to, op.getInput(), *reassociation);
  // By way of a vector.
  auto flat = RankedTensorType::get({from.getNumElements()}, from.getElementType());
  auto all = [](RankedTensorType type) {
    SmallVector<ReassociationIndices> groups;
    if (type.getRank() > 0)
      groups.emplace_back(llvm::to_vector(llvm::seq<int64_t>(0, type.getRank())));
    return groups;
  };
  Value vector = from.getRank() == 1   ? op.getInput()
                 : from.getRank() == 0 ? Value(tensor::ExpandShapeOp::create(b, flat, op.getInput(), all(from)))
                                       : Value(tensor::CollapseShapeOp::create(b, flat, op.getInput(), all(from)));
  if (to.getRank() == 0)
    return tensor::CollapseShapeOp::create(b, to, vector, ArrayRef<ReassociationIndices>());
  return tensor::ExpandShapeOp::create(b, to, vector, all(to));
}

static SmallVector<OpFoldResult> indexAttributes(OpBuilder &b, ArrayRef<int64_t> values) {
  return getAsIndexOpFoldResult(b.getContext(), values);
}

static Value slice(LinalgBuilder &b, Value input, Type type, int64_t offsetOfLast) {
  auto tensorType = cast<RankedTensorType>(type);
  SmallVector<int64_t> offsets(tensorType.getRank(), 0), strides(tensorType.getRank(), 1);
  offsets.back() = offsetOfLast;
  return tensor::ExtractSliceOp::create(b, tensorType, input, indexAttributes(b, offsets),
                                        indexAttributes(b, tensorType.getShape()), indexAttributes(b, strides));
}

static Value insert(LinalgBuilder &b, Value part, Value whole, int64_t offsetOfLast) {
  RankedTensorType type = typeOf(part);
  SmallVector<int64_t> offsets(type.getRank(), 0), strides(type.getRank(), 1);
  offsets.back() = offsetOfLast;
  return tensor::InsertSliceOp::create(b, part, whole, indexAttributes(b, offsets), indexAttributes(b, type.getShape()),
                                       indexAttributes(b, strides));
}

static Value lowerPadRows(LinalgBuilder &b, PadRowsOp op) {
  Value rows = op.getInput(), whole = accumulatorOf(b, op.getResult());
  if (accumulatingAdd(op.getResult())) {
    Value old = slice(b, whole, rows.getType(), 0);
    rows = b.elementwise(rows, old, addTo).front();
  }
  return insert(b, rows, whole, 0);
}

static Value lowerConcat(LinalgBuilder &b, ConcatOp op) {
  Value whole = b.empty(op.getType());
  int64_t offset = 0;
  for (Value part : op.getInputs()) {
    whole = insert(b, part, whole, offset);
    offset += typeOf(part).getShape().back();
  }
  return whole;
}

static Value lowerSliceRows(LinalgBuilder &b, SliceRowsOp op) {
  return slice(b, op.getInput(), op.getType(), /*offsetOfLast=*/0);
}

static SmallVector<Value> lowerSplit(LinalgBuilder &b, SplitOp op) {
  SmallVector<Value> parts;
  int64_t offset = 0;
  for (Value result : op.getResults()) {
    parts.push_back(slice(b, op.getInput(), result.getType(), offset));
    offset += typeOf(result).getShape().back();
  }
  return parts;
}

static Value lowerZero(LinalgBuilder &b, ZeroOp op) { return b.filled(op.getType(), 0); }

void sluice::addShapeLowerings(LinalgLowerings &lowerings) {
  lowerings.add(lowerElement, lowerReshape, lowerSliceRows, lowerPadRows, lowerConcat, lowerSplit, lowerZero);
}
