//===- VectorizedTransposition.cpp - Squares of a matrix, transposed in registers ------===//
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/Build/Indices.h"
#include "passes/Build/VectorBody.h"
#include "passes/CPU/VectorizedNest.h"

using namespace mlir;
using namespace sluice;

static bool hasContiguousRows(MemRefType type) { return type.getStridesAndOffset().first.back() == 1; }

/// The elements of a vector, if the op copies a matrix transposed, whole vectors of rows that are contiguous on both
/// sides, in a loop that is parallel already; else 0.
static int64_t lanesOf(linalg::GenericOp op, unsigned vectorBits) {
  if (op.getNumDpsInputs() != 1 || op.getNumDpsInits() != 1 || op.getNumLoops() != 2 ||
      !op->getParentOfType<scf::ForallOp>() ||
      cast<linalg::YieldOp>(op.getBody()->getTerminator()).getOperand(0) != op.getBody()->getArgument(0))
    return 0;
  AffineMap from = op.getIndexingMapsArray()[0], to = op.getIndexingMapsArray()[1];
  auto input = dyn_cast<MemRefType>(op.getInputs().front().getType());
  auto output = dyn_cast<MemRefType>(op.getOutputs().front().getType());
  if (!input || !output || from == to || !from.isPermutation() || !to.isPermutation() || !hasContiguousRows(input) ||
      !hasContiguousRows(output) || !input.getElementType().isIntOrFloat() || input.getElementTypeBitWidth() % 8 != 0)
    return 0;
  int64_t lanes = vectorBits / input.getElementTypeBitWidth();
  return input.getDimSize(0) % lanes == 0 && input.getDimSize(1) % lanes == 0 ? lanes : 0;
}

bool sluice::emitTransposition(linalg::GenericOp op, unsigned vectorBits) {
  int64_t lanes = lanesOf(op, vectorBits);
  if (lanes == 0)
    return false;
  ImplicitLocOpBuilder b(op.getLoc(), op);
  Value input = op.getInputs().front(), output = op.getOutputs().front();
  auto type = cast<MemRefType>(input.getType());
  auto vectorType = VectorType::get({lanes}, type.getElementType());
  Value zero = constantIndex(b, 0), step = constantIndex(b, lanes);
  auto rows = scf::ForOp::create(b, zero, constantIndex(b, type.getDimSize(0)), step);
  b.setInsertionPointToStart(rows.getBody());
  auto columns = scf::ForOp::create(b, zero, constantIndex(b, type.getDimSize(1)), step);
  b.setInsertionPointToStart(columns.getBody());
  Value row = rows.getInductionVar(), column = columns.getInductionVar();
  SmallVector<Value> square;
  for (int64_t i = 0; i < lanes; ++i)
    square.push_back(vector::LoadOp::create(b, vectorType, input, ValueRange{plus(b, row, i), column}));
  transposeVectors(b, b.getLoc(), square);
  for (int64_t i = 0; i < lanes; ++i)
    vector::StoreOp::create(b, square[i], output, ValueRange{plus(b, column, i), row});
  return true;
}
