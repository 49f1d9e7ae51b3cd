//===- MmaProduct.cpp - Products of tiles by tensor cores -----------------------------===//
//
// `ldmatrix` loads four matrices of 8 lines and 16 bytes of terms at a time: lane l gives the address of line l % 8 of
// matrix l / 8. It turns matrices of 16-bit elements whose rows are terms. Those of 32 bits it does not: there a lane
// reads neighbouring lines as a vector, and groups of lines are these, so that no lane has another one's.
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

// Of one instruction; of a matrix of `ldmatrix`.
static constexpr int64_t rowsOfMma = 16, columnsOfMma = 8, linesOfMatrix = 8;

Value MmaProduct::Lines::line(ImplicitLocOpBuilder &b, Value ofGroup) const {
  return plus(b, first, times(b, ofGroup, vector()));
}

MmaProduct::MmaProduct(ImplicitLocOpBuilder &b, BlockShape shape, FloatType factors, MmaTile tileOfA, MmaTile tileOfB,
                       Value thread)
    : shape(shape), factors(factors), linesOfA{tileOfA, {}, shape.warpRows}, linesOfB{tileOfB, {}, shape.warpColumns} {
  Value warpRow = thread;
  lane = takeIndex(b, warpRow, warpSize);
  Value warpColumn = takeIndex(b, warpRow, shape.columns / shape.warpColumns);
  linesOfA.first = times(b, warpRow, shape.warpRows);
  linesOfB.first = times(b, warpColumn, shape.warpColumns);
  // Lanes 4 i to 4 i + 3 have line i of each group of rows, and two lines each of those of columns.
  Value rowOfLane = lane, columnOfLane = times(b, takeIndex(b, rowOfLane, lanesOfRow), 2);
  for (int64_t group = 0; group < linesOfA.groups(); ++group)
    threadPart.rows.push_back(plus(b, linesOfA.line(b, rowOfLane), linesOfA.distance(group)));
  int64_t together = linesOfB.vector();
  threadPart.lanes = std::max<int64_t>(together, 2);
  for (int64_t group = 0; group < linesOfB.groups(); group += together)
    for (int64_t element = 0; element < (together == 1 ? 1 : 2); ++element)
      threadPart.columns.push_back(plus(b, linesOfB.line(b, plus(b, columnOfLane, element)), linesOfB.distance(group)));
}

std::pair<int64_t, int64_t> MmaProduct::placeOf(int64_t group, int64_t element) const {
  int64_t together = linesOfB.vector();
  if (together == 1)
    return {group, element};
  return {group / together * 2 + element, group % together};
}

//===-- Sums ----------------------------------------------------------------------===//

MmaProduct::Scalars MmaProduct::split(ImplicitLocOpBuilder &b, ValueRange sums) const {
  Scalars scalars;
  int64_t vectors = threadPart.columns.size();
  for (int64_t row = 0; row < linesOfA.groups(); ++row)
    for (int64_t column = 0; column < linesOfB.groups(); ++column)
      for (int64_t element : {0, 1}) {
        auto [vector, lane] = placeOf(column, element);
        scalars.push_back(vector::ExtractOp::create(b, sums[row * vectors + vector], lane));
      }
  return scalars;
}

SmallVector<Value> MmaProduct::join(ImplicitLocOpBuilder &b, const Scalars &sums) const {
  int64_t vectors = threadPart.columns.size(), lanes = threadPart.lanes;
  SmallVector<Value> elements(linesOfA.groups() * vectors * lanes), result;
  const Value *next = sums.begin();
  for (int64_t row = 0; row < linesOfA.groups(); ++row)
    for (int64_t column = 0; column < linesOfB.groups(); ++column)
      for (int64_t element : {0, 1}) {
        auto [vector, lane] = placeOf(column, element);
        elements[(row * vectors + vector) * lanes + lane] = *next++;
      }
  for (size_t first = 0; first < elements.size(); first += lanes)
    result.push_back(vector::FromElementsOp::create(b, VectorType::get(lanes, b.getF32Type()),
                                                    ArrayRef(elements).slice(first, lanes)));
  return result;
}

SmallVector<Value> MmaProduct::add(ImplicitLocOpBuilder &b, Place a, Place bOf, ValueRange sums) const {
  Scalars scalars = split(b, sums);
  for (int64_t term = 0; term < shape.terms; term += termsOfMma()) {
    SmallVector<Value> rows = load(b, a, linesOfA, term);
    multiply(b, rows, load(b, bOf, linesOfB, term), scalars);
  }
  return join(b, scalars);
}

SmallVector<Value> MmaProduct::addInRegisters(ImplicitLocOpBuilder &b, ValueRange a, Place bOf, ValueRange sums) const {
  Scalars scalars = split(b, sums);
  int64_t vectorsOfRow = shape.terms / columnsOfMma;
  for (int64_t term = 0; term < shape.terms; term += termsOfMma()) {
    SmallVector<Value> rows;
    for (int64_t row = 0; row < linesOfA.groups(); ++row)
      for (int64_t vector : {term / columnsOfMma, term / columnsOfMma + 1}) {
        Value pair = a[row * vectorsOfRow + vector];
        Value rounded = arith::TruncFOp::create(b, VectorType::get(2, factors), pair);
        rows.push_back(LLVM::BitcastOp::create(b, b.getI32Type(), rounded));
      }
    multiply(b, rows, load(b, bOf, linesOfB, term), scalars);
  }
  return join(b, scalars);
}

//===-- Factors -------------------------------------------------------------------===//

SmallVector<Value> MmaProduct::load(ImplicitLocOpBuilder &b, Place place, const Lines &lines, int64_t term) const {
  SmallVector<Value> registers(2 * lines.groups());
  if (lines.vector() == 1)
    loadMatrices(b, place, lines, term, registers);
  else
    loadVectors(b, place, lines, term, registers);
  return registers;
}

/// Two groups at a time: of each the first terms, then the others.
void MmaProduct::loadMatrices(ImplicitLocOpBuilder &b, Place place, const Lines &lines, int64_t term,
                              SmallVector<Value> &registers) const {
  const MmaTile &tile = lines.tile;
  int64_t chunk = tile.chunk();
  Value moreLines = lane, inMatrix = takeIndex(b, moreLines, linesOfMatrix);
  Value moreTerms = takeIndex(b, moreLines, 2);
  auto type = LLVM::LLVMStructType::getLiteral(b.getContext(), SmallVector<Type>(4, b.getI32Type()));
  auto layout = tile.hasContiguousTerms ? NVVM::MMALayout::row : NVVM::MMALayout::col;
  for (int64_t group = 0; group < lines.groups(); group += 2) {
    int64_t line = group * linesOfMatrix;
    Value row, chunkOfRow;
    if (tile.hasContiguousTerms) {
      row = plus(b, lines.first, plus(b, times(b, moreLines, linesOfMatrix), inMatrix));
      chunkOfRow = plus(b, moreTerms, term / chunk);
    } else {
      row = plus(b, times(b, moreTerms, linesOfMatrix), inMatrix);
      Value chunkOfFirst = b.createOrFold<arith::DivUIOp>(lines.first, constantIndex(b, chunk));
      chunkOfRow = plus(b, plus(b, chunkOfFirst, moreLines), line / chunk);
    }
    Value inTile = tile.place(b, row, chunkOfRow, tile.hasContiguousTerms ? line : term);
    Value pointer = pointerTo(b, place.flat, plus(b, place.index, inTile));
    auto loaded =
        NVVM::LdMatrixOp::create(b, type, pointer, /*num=*/4, layout,
                                 NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8), NVVM::LdStMatrixEltType::B16);
    for (int64_t i = 0; i < 4; ++i)
      registers[2 * group + i] = LLVM::ExtractValueOp::create(b, loaded, i);
  }
}

/// Lines are neighbours, and so are the terms of lanes of one line.
void MmaProduct::loadVectors(ImplicitLocOpBuilder &b, Place place, const Lines &lines, int64_t term,
                             SmallVector<Value> &registers) const {
  const MmaTile &tile = lines.tile;
  int64_t chunk = tile.chunk(), together = lines.vector();
  Value ofGroup = lane, termOfLane = takeIndex(b, ofGroup, lanesOfRow);
  Value chunkOfRow = lines.line(b, ofGroup), inChunk = takeIndex(b, chunkOfRow, chunk);
  for (int64_t group = 0; group < lines.groups(); group += together)
    for (int64_t half : {0, 1}) {
      Value inTile = tile.place(b, termOfLane, chunkOfRow, term + half * chunk, lines.distance(group) / chunk);
      inTile = plus(b, inTile, inChunk);
      Value loaded = loadLanes(b, place.flat, plus(b, place.index, inTile), together);
      for (int64_t i = 0; i < together; ++i)
        registers[2 * (group + i) + half] =
            arith::BitcastOp::create(b, b.getI32Type(), vector::ExtractOp::create(b, loaded, i));
    }
}

static NVVM::MMATypes typeOf(FloatType factors) {
  return factors.isF16() ? NVVM::MMATypes::f16 : factors.isTF32() ? NVVM::MMATypes::tf32 : NVVM::MMATypes::bf16;
}

void MmaProduct::multiply(ImplicitLocOpBuilder &b, ArrayRef<Value> rows, ArrayRef<Value> columns, Scalars &sums) const {
  // Registers of f16 are pairs of it, others are integers.
  auto asFactor = [&](Value word) -> Value {
    return factors.isF16() ? LLVM::BitcastOp::create(b, VectorType::get(2, factors), word).getResult() : word;
  };
  auto type = LLVM::LLVMStructType::getLiteral(b.getContext(), SmallVector<Type>(4, b.getF32Type()));
  int64_t ofRow = 2 * linesOfB.groups();
  for (int64_t i = 0; i < linesOfA.groups(); i += 2)
    for (int64_t j = 0; j < linesOfB.groups(); ++j) {
      // Of the first and the other rows the first terms, then of both the others.
      SmallVector<Value> a, ofB;
      for (int64_t half : {0, 1})
        for (int64_t row : {i, i + 1})
          a.push_back(asFactor(rows[2 * row + half]));
      for (int64_t half : {0, 1})
        ofB.push_back(asFactor(columns[2 * j + half]));
      SmallVector<Value *> of;
      for (int64_t row : {i, i + 1})
        for (int64_t element : {0, 1})
          of.push_back(&sums[row * ofRow + 2 * j + element]);
      auto old = llvm::map_to_vector(of, [](Value *sum) { return *sum; });
      auto mma = NVVM::MmaOp::create(b, type, a, ofB, old, ArrayRef<int64_t>{rowsOfMma, columnsOfMma, termsOfMma()},
                                     std::nullopt, std::nullopt, std::array{typeOf(factors), typeOf(factors)},
                                     std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
      for (auto [index, sum] : llvm::enumerate(of))
        *sum = LLVM::ExtractValueOp::create(b, mma, index);
    }
}
