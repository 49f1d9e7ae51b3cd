//===- MatrixView.cpp - One matrix in a buffer, and parts of its dimensions -------===//
#include "passes/CPU/MatrixView.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "passes/Build/CacheLines.h"

using namespace mlir;
using namespace sluice;

SmallVector<Value> MatrixView::indices(ImplicitLocOpBuilder &b, Value i, Value j) const {
  int64_t rank = cast<MemRefType>(memref.getType()).getRank();
  SmallVector<Value> result(rank);
  if (row)
    result[*row] = i;
  if (column)
    result[*column] = j;
  return result;
}

bool MatrixView::isContiguous(std::optional<unsigned> position) const {
  auto type = cast<MemRefType>(memref.getType());
  return position && *position + 1 == type.getRank() && type.getStridesAndOffset().first[*position] == 1;
}

int64_t MatrixView::lineElements() const { return bytesOfCacheLine * 8 / elementType().getIntOrFloatBitWidth(); }

void MatrixView::prefetchBlock(ImplicitLocOpBuilder &b, Value i, Value j, int64_t rows, int64_t columns,
                               bool isWrite) const {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; c += lineElements())
      memref::PrefetchOp::create(b, memref, indices(b, plus(b, i, r), plus(b, j, c)), isWrite, /*localityHint=*/3,
                                 /*isDataCache=*/true);
}

MatrixView sluice::matrixAt(ImplicitLocOpBuilder &b, const Contraction &contraction,
                            const Contraction::Operand &operand, const Position &position,
                            std::optional<unsigned> row) {
  MatrixView result;
  SmallVector<OpFoldResult> offsets, sizes, strides(operand.dims.size(), b.getIndexAttr(1));
  SmallVector<int64_t> shape;
  for (unsigned dim : operand.dims) {
    if (auto it = position.find(dim); it != position.end()) {
      offsets.push_back(getAsOpFoldResult(it->second));
      sizes.push_back(b.getIndexAttr(1));
      continue;
    }
    (row && dim == *row ? result.row : result.column) = shape.size();
    offsets.push_back(b.getIndexAttr(0));
    sizes.push_back(b.getIndexAttr(contraction.sizes[dim]));
    shape.push_back(contraction.sizes[dim]);
  }
  if (shape.size() == operand.dims.size()) {
    result.memref = operand.value;
    return result;
  }
  MemRefType type = memref::SubViewOp::inferRankReducedResultType(shape, operand.type, offsets, sizes, strides);
  result.memref = memref::SubViewOp::create(b, type, operand.value, offsets, sizes, strides);
  return result;
}

SubRange SubRange::ofBlock(ImplicitLocOpBuilder &b, Value start, int64_t size, int64_t block, int64_t width) {
  if (size % block == 0)
    return {start, constantIndex(b, block), block % width == 0};
  if (size < block)
    return {start, constantIndex(b, size), size % width == 0};
  Value left = arith::SubIOp::create(b, constantIndex(b, size), start);
  return {start, arith::MinUIOp::create(b, left, constantIndex(b, block)), size % width == 0};
}

SubRange SubRange::part(ImplicitLocOpBuilder &b, Value offset, int64_t size, int64_t width) const {
  Value ofPart = constantIndex(b, size);
  if (!isWhole || size != width)
    ofPart = b.createOrFold<arith::MinUIOp>(b.createOrFold<arith::SubIOp>(count, offset), ofPart);
  return {plus(b, start, offset), ofPart, isWhole};
}

void sluice::forBlocks(ImplicitLocOpBuilder &b, int64_t size, int64_t block, function_ref<void(SubRange)> body) {
  Value zero = constantIndex(b, 0);
  if (size <= block)
    return body(SubRange::ofBlock(b, zero, size, block, /*width=*/1));
  loop(b, zero, constantIndex(b, size), block,
       [&](Value start) { body(SubRange::ofBlock(b, start, size, block, /*width=*/1)); });
}
