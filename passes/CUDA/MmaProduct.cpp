//===- MmaProduct.cpp - Products of tiles by tensor cores -----------------------------===//
//
// `ldmatrix` loads four matrices of 8 x 8 at a time: lane l gives the address of row l % 8 of matrix l / 8. It turns
// matrices whose rows are terms.
//
//===----------------------------------------------------------------------------------===//
#include "passes/CUDA/MmaProduct.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Build/Loops.h"
#include "passes/CUDA/Launch.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

// Of one instruction.
static constexpr int64_t rowsOfMma = 16, columnsOfMma = 8, termsOfMma = 16;

MmaProduct::MmaProduct(ImplicitLocOpBuilder &b, BlockShape shape, NarrowTile tileOfA, NarrowTile tileOfB, Value thread)
    : shape(shape), tileOfA(tileOfA), tileOfB(tileOfB) {
  Value warp = thread;
  lane = takeIndex(b, warp, warpSize);
  warpRow = warp;
  warpColumn = takeIndex(b, warpRow, shape.columns / shape.warpColumns);
  warpRow = times(b, warpRow, shape.warpRows);
  warpColumn = times(b, warpColumn, shape.warpColumns);
  // Lanes 4 i to 4 i + 3 have rows i and i + 8, two columns each.
  Value rowOfLane = lane, columnOfLane = takeIndex(b, rowOfLane, lanesOfRow);
  threadPart.lanes = 2;
  for (int64_t row = 0; row < shape.warpRows; row += rowsOfMma / 2)
    threadPart.rows.push_back(plus(b, plus(b, warpRow, rowOfLane), row));
  for (int64_t column = 0; column < shape.warpColumns; column += columnsOfMma)
    threadPart.columns.push_back(plus(b, plus(b, warpColumn, times(b, columnOfLane, 2)), column));
}

SmallVector<Value> MmaProduct::add(ImplicitLocOpBuilder &b, Place a, Place bOf, ValueRange sums) const {
  SmallVector<Value> result(sums);
  for (int64_t term = 0; term < shape.terms; term += termsOfMma) {
    SmallVector<Value> rows;
    // Rows 0 to 7 and 8 to 15 of the first terms, then of the others.
    for (int64_t row = 0; row < shape.warpRows; row += rowsOfMma)
      llvm::append_range(rows, loadMatrices(b, a, tileOfA, warpRow, row, term, /*linesFirst=*/true));
    multiply(b, rows, loadColumns(b, bOf, term), result);
  }
  return result;
}

SmallVector<Value> MmaProduct::addInRegisters(ImplicitLocOpBuilder &b, ValueRange a, Place bOf, ValueRange sums) const {
  SmallVector<Value> result(sums);
  int64_t vectorsOfRow = shape.terms / columnsOfMma;
  auto narrow = [&](int64_t row, int64_t vector) -> Value {
    Value rounded = arith::TruncFOp::create(b, VectorType::get(2, b.getBF16Type()), a[row * vectorsOfRow + vector]);
    return LLVM::BitcastOp::create(b, b.getI32Type(), rounded);
  };
  for (int64_t term = 0; term < shape.terms; term += termsOfMma) {
    SmallVector<Value> rows;
    for (int64_t row = 0; row < shape.warpRows / columnsOfMma; row += 2)
      for (int64_t vector : {term / columnsOfMma, term / columnsOfMma + 1})
        for (int64_t half : {0, 1})
          rows.push_back(narrow(row + half, vector));
    multiply(b, rows, loadColumns(b, bOf, term), result);
  }
  return result;
}

/// The first and the other terms of 8 columns, then of 8 more.
SmallVector<Value> MmaProduct::loadColumns(ImplicitLocOpBuilder &b, Place bOf, int64_t term) const {
  SmallVector<Value> columns;
  for (int64_t column = 0; column < shape.warpColumns; column += 2 * columnsOfMma)
    llvm::append_range(columns, loadMatrices(b, bOf, tileOfB, warpColumn, column, term, /*linesFirst=*/false));
  return columns;
}

/// Four matrices of 16 lines and 16 terms from `first` + `line` and `term` on: those of more lines before those of more
/// terms, or the other way round. A thread has the same of all tiles: two terms of a line.
SmallVector<Value> MmaProduct::loadMatrices(ImplicitLocOpBuilder &b, Place place, const NarrowTile &tile, Value first,
                                            int64_t line, int64_t term, bool linesFirst) const {
  constexpr int64_t chunk = NarrowTile::chunk;
  Value matrix = lane, inMatrix = takeIndex(b, matrix, chunk);
  Value second = matrix, least = takeIndex(b, second, 2);
  Value moreLines = linesFirst ? least : second, moreTerms = linesFirst ? second : least;
  Value moreRows = tile.hasContiguousTerms ? moreLines : moreTerms, row = plus(b, times(b, moreRows, chunk), inMatrix);
  Value chunkOfRow;
  if (tile.hasContiguousTerms) {
    row = plus(b, first, row);
    chunkOfRow = plus(b, moreTerms, term / chunk);
  } else {
    Value chunkOfFirst = b.createOrFold<arith::DivUIOp>(first, constantIndex(b, chunk));
    chunkOfRow = plus(b, plus(b, chunkOfFirst, moreLines), line / chunk);
  }
  Value inTile = tile.place(b, row, chunkOfRow, tile.hasContiguousTerms ? line : term);
  Value pointer = pointerTo(b, place.flat, plus(b, place.index, inTile));
  auto type = LLVM::LLVMStructType::getLiteral(b.getContext(), SmallVector<Type>(4, b.getI32Type()));
  auto layout = tile.hasContiguousTerms ? NVVM::MMALayout::row : NVVM::MMALayout::col;
  auto loaded =
      NVVM::LdMatrixOp::create(b, type, pointer, /*num=*/4, layout,
                               NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8), NVVM::LdStMatrixEltType::B16);
  SmallVector<Value> matrices;
  for (int64_t i = 0; i < 4; ++i)
    matrices.push_back(LLVM::ExtractValueOp::create(b, loaded, i));
  return matrices;
}

void MmaProduct::multiply(ImplicitLocOpBuilder &b, ArrayRef<Value> rows, ArrayRef<Value> columns,
                          SmallVector<Value> &sums) const {
  int64_t ofRow = threadPart.columns.size();
  auto f32 = b.getF32Type();
  auto type = LLVM::LLVMStructType::getLiteral(b.getContext(), SmallVector<Type>(4, f32));
  for (int64_t i = 0; i < shape.warpRows / rowsOfMma; ++i)
    for (int64_t j = 0; j < ofRow; ++j) {
      Value &upper = sums[2 * i * ofRow + j], &lower = sums[(2 * i + 1) * ofRow + j];
      SmallVector<Value> old;
      for (Value sum : {upper, lower})
        for (int64_t k = 0; k < 2; ++k)
          old.push_back(vector::ExtractOp::create(b, sum, k));
      auto mma = NVVM::MmaOp::create(b, type, rows.slice(4 * i, 4), columns.slice(2 * j, 2), old,
                                     ArrayRef<int64_t>{rowsOfMma, columnsOfMma, termsOfMma}, std::nullopt, std::nullopt,
                                     std::array{NVVM::MMATypes::bf16, NVVM::MMATypes::bf16},
                                     std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
      auto pair = [&](int64_t first) -> Value {
        Value low = LLVM::ExtractValueOp::create(b, mma, first), high = LLVM::ExtractValueOp::create(b, mma, first + 1);
        return vector::FromElementsOp::create(b, VectorType::get(2, f32), ValueRange{low, high});
      };
      upper = pair(0);
      lower = pair(2);
    }
}
