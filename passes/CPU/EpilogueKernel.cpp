//===- EpilogueKernel.cpp - Element-wise work on a block of C that was just computed -===//
#include "passes/CPU/EpilogueKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "passes/Build/VectorBody.h"

using namespace mlir;
using namespace sluice;

void EpilogueKernel::prefetch(ImplicitLocOpBuilder &b, MatrixView c, Value i, Value j, int64_t rows,
                              int64_t columns) const {
  linalg::GenericOp generic = op;
  for (auto [view, operand] : llvm::zip_equal(operands, generic->getOpOperands())) {
    if (!view.row || !view.column || view.memref == c.memref)
      continue;
    view.prefetchBlock(b, i, j, rows, columns, /*isWrite=*/generic.isDpsInit(&operand));
  }
}

Value EpilogueKernel::load(ImplicitLocOpBuilder &b, const MatrixView &view, Value row, Value column, Value mask) const {
  SmallVector<Value> at = view.indices(b, row, column);
  auto type = VectorType::get(lanes, view.elementType());
  if (!view.column)
    return broadcastToLanes(b, b.getLoc(), memref::LoadOp::create(b, view.memref, at), lanes);
  if (!mask)
    return vector::LoadOp::create(b, type, view.memref, at);
  Value zeros = arith::ConstantOp::create(b, b.getZeroAttr(type));
  return vector::MaskedLoadOp::create(b, type, view.memref, at, mask, zeros);
}

/// The body on one vector of a row.
void EpilogueKernel::emitVector(ImplicitLocOpBuilder &b, Value row, Value column, Value mask) const {
  linalg::GenericOp generic = op;
  IRMapping values;
  for (auto [view, argument] : llvm::zip_equal(operands, generic.getBody()->getArguments()))
    if (!argument.use_empty())
      values.map(argument, load(b, view, row, column, mask));
  for (Operation &inner : generic.getBody()->without_terminator()) {
    if (inner.hasTrait<OpTrait::ConstantLike>()) {
      b.clone(inner, values);
      continue;
    }
    auto arguments = llvm::map_to_vector(inner.getOperands(), [&](Value v) { return values.lookupOrDefault(v); });
    values.map(inner.getResults(), cloneOnLanes(b, b.getLoc(), inner, arguments, lanes)->getResults());
  }
  auto outputs = ArrayRef(operands).take_back(generic.getNumDpsInits());
  for (auto [view, yielded] : llvm::zip_equal(outputs, generic.getBody()->getTerminator()->getOperands())) {
    Value value = broadcastToLanes(b, b.getLoc(), values.lookupOrDefault(yielded), lanes);
    SmallVector<Value> at = view.indices(b, row, column);
    if (mask)
      vector::MaskedStoreOp::create(b, view.memref, at, mask, value);
    else
      vector::StoreOp::create(b, value, view.memref, at);
  }
}

void EpilogueKernel::emit(ImplicitLocOpBuilder &b, Value i, Value j, Value rowCount, int64_t columns,
                          Value columnCount) const {
  SmallVector<Value> masks(columns / lanes);
  if (columnCount)
    for (auto [index, mask] : llvm::enumerate(masks)) {
      Value left = b.createOrFold<arith::SubIOp>(columnCount, constantIndex(b, index * lanes));
      mask = vector::CreateMaskOp::create(b, VectorType::get(lanes, b.getI1Type()), left);
    }
  loop(b, constantIndex(b, 0), rowCount, 1, [&](Value r) {
    for (auto [index, mask] : llvm::enumerate(masks))
      emitVector(b, plus(b, i, r), plus(b, j, index * lanes), mask);
  });
}
