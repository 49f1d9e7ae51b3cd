//===- KernelOperands.cpp - Where a register kernel reads A and B -----------------===//
#include "passes/CPU/KernelOperands.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace sluice;

ElementOfA sluice::packedElement(Panels panels) {
  return [=](ImplicitLocOpBuilder &b, Value i, Value k, int64_t r) -> Value {
    Value panel = plus(b, panels.base, times(b, i, panels.shape.depth));
    Value at = plus(b, plus(b, panel, times(b, k, panels.shape.width)), r * panels.shape.interleavedTerms);
    if (panels.shape.interleavedTerms == 1)
      return memref::LoadOp::create(b, panels.buffer, ValueRange{at});
    auto type =
        VectorType::get(panels.shape.interleavedTerms, cast<MemRefType>(panels.buffer.getType()).getElementType());
    Value terms = vector::LoadOp::create(b, type, panels.buffer, ValueRange{at});
    return vector::ExtractOp::create(b, vector::BitCastOp::create(b, VectorType::get(1, b.getI32Type()), terms), 0);
  };
}

ElementOfA sluice::elementInPlace(MatrixView matrix, SubRange rows, SubRange sums) {
  return [=](ImplicitLocOpBuilder &b, Value i, Value k, int64_t r) -> Value {
    Value row = plus(b, i, r);
    if (!rows.isWhole)
      row = b.createOrFold<arith::MinUIOp>(row, plus(b, rows.count, -1));
    return memref::LoadOp::create(b, matrix.memref,
                                  matrix.indices(b, plus(b, rows.start, row), plus(b, sums.start, k)));
  };
}

VectorOfB sluice::packedVector(Panels panel, int64_t lanes) {
  return [=](ImplicitLocOpBuilder &b, Value k, int64_t column) -> Value {
    auto type = VectorType::get(lanes * panel.shape.interleavedTerms,
                                cast<MemRefType>(panel.buffer.getType()).getElementType());
    Value at = plus(b, plus(b, panel.base, times(b, k, panel.shape.width)), column * panel.shape.interleavedTerms);
    return vector::LoadOp::create(b, type, panel.buffer, ValueRange{at});
  };
}

VectorOfB sluice::vectorInPlace(MatrixView matrix, Value column, SubRange sums, int64_t lanes) {
  return [=](ImplicitLocOpBuilder &b, Value k, int64_t offset) -> Value {
    auto type = VectorType::get(lanes, matrix.elementType());
    SmallVector<Value> at = matrix.indices(b, plus(b, column, offset), plus(b, sums.start, k));
    return vector::LoadOp::create(b, type, matrix.memref, at);
  };
}
