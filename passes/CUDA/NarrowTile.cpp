//===- NarrowTile.cpp - A block of an operand of tensor cores in shared memory --------===//
#include "passes/CUDA/NarrowTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Build/Loops.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

// Chunks that all banks hold together.
static constexpr int64_t chunksOfBanks = 8;

Value NarrowTile::place(ImplicitLocOpBuilder &b, Value row, Value chunkOfRow) const {
  int64_t chunks = chunksOfRow(), rowsOfBanks = std::max<int64_t>(chunksOfBanks / chunks, 1);
  Value inBanks = b.createOrFold<arith::DivUIOp>(row, constantIndex(b, rowsOfBanks));
  Value swizzle = b.createOrFold<arith::RemUIOp>(inBanks, constantIndex(b, std::min(chunks, chunksOfBanks)));
  Value inRow = times(b, b.createOrFold<arith::XOrIOp>(chunkOfRow, swizzle), chunk);
  return plus(b, times(b, row, elementsOfRow()), inRow);
}

bool NarrowTiles::isNarrow() const { return cast<MemRefType>(matrix.flat.getType()).getElementType().isBF16(); }

bool NarrowTiles::isWhole() const {
  int64_t elementsOfAccess = isNarrow() ? 8 : 4;
  return isContiguous() && sizeOfRow() % NarrowTile::chunk == 0 && matrix.alignment % elementsOfAccess == 0;
}

static Value below(ImplicitLocOpBuilder &b, Value index, int64_t end) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index, constantIndex(b, end));
}

static Value both(ImplicitLocOpBuilder &b, Value x, Value y) {
  return x && y ? arith::AndIOp::create(b, x, y).getResult() : x ? x : y;
}

NarrowTiles::Chunk NarrowTiles::chunkOf(ImplicitLocOpBuilder &b, Value number, Value start, Value firstLine,
                                        Value firstTerm) const {
  Chunk result;
  result.row = number;
  result.inRow = takeIndex(b, result.row, tile.chunksOfRow());
  Value first = times(b, result.inRow, NarrowTile::chunk);
  Value line = plus(b, firstLine, tile.hasContiguousTerms ? result.row : first);
  Value term = plus(b, firstTerm, tile.hasContiguousTerms ? first : result.row);
  result.firstOfRow = tile.hasContiguousTerms ? term : line;
  if (tile.hasContiguousTerms && matrix.lines % tile.lines != 0)
    result.rowIsInside = below(b, line, matrix.lines);
  if (!tile.hasContiguousTerms && matrix.terms % tile.terms != 0)
    result.rowIsInside = below(b, term, matrix.terms);
  result.index = plus(b, start, plus(b, times(b, line, matrix.strideOfLine), times(b, term, matrix.strideOfTerm)));
  return result;
}

/// Where what is read has an address all the same.
static Value safe(ImplicitLocOpBuilder &b, Value isInside, Value index, Value start) {
  return isInside ? arith::SelectOp::create(b, isInside, index, start).getResult() : index;
}

static Value orZero(ImplicitLocOpBuilder &b, Value isInside, Value value) {
  if (!isInside)
    return value;
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(value.getType()));
  return arith::SelectOp::create(b, isInside, value, zero);
}

Value NarrowTiles::loadElements(ImplicitLocOpBuilder &b, const Chunk &chunk, Value start) const {
  SmallVector<Value> elements;
  int64_t stride = tile.hasContiguousTerms ? matrix.strideOfTerm : matrix.strideOfLine;
  for (int64_t i = 0; i < NarrowTile::chunk; ++i) {
    Value isInside = both(b, chunk.rowIsInside, below(b, plus(b, chunk.firstOfRow, i), sizeOfRow()));
    Value index = safe(b, isInside, plus(b, chunk.index, i * stride), start);
    elements.push_back(orZero(b, isInside, loadLanes(b, matrix.flat, index, 1)));
  }
  return vector::FromElementsOp::create(b, VectorType::get(NarrowTile::chunk, elements.front().getType()), elements);
}

Value NarrowTiles::load(ImplicitLocOpBuilder &b, const Chunk &chunk, Value start) const {
  if (!isWhole())
    return loadElements(b, chunk, start);
  Value isInside = chunk.rowIsInside;
  if (sizeOfRow() % tile.elementsOfRow() != 0)
    isInside = both(b, isInside, below(b, chunk.firstOfRow, sizeOfRow()));
  Value index = safe(b, isInside, chunk.index, start);
  constexpr int64_t half = NarrowTile::chunk / 2;
  Value low = loadLanes(b, matrix.flat, index, half), high = loadLanes(b, matrix.flat, plus(b, index, half), half);
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, NarrowTile::chunk));
  return orZero(b, isInside, vector::ShuffleOp::create(b, low, high, order));
}

SmallVector<Value> NarrowTiles::begin(ImplicitLocOpBuilder &b, Value thread, Value start, Value firstLine,
                                      Value firstTerm, Place place) const {
  SmallVector<Value> loaded;
  int64_t chunks = tile.elements() / NarrowTile::chunk;
  // What is loaded early takes registers itself.
  if (!isAsynchronous())
    thread = hidden(b, thread);
  for (int64_t done = 0; done < chunks; done += threads) {
    Chunk chunk = chunkOf(b, plus(b, thread, done), start, firstLine, firstTerm);
    if (!isAsynchronous()) {
      loaded.push_back(load(b, chunk, start));
      continue;
    }
    Value isInside = chunk.rowIsInside, valid;
    if (sizeOfRow() % tile.elementsOfRow() != 0)
      isInside = both(b, isInside, below(b, chunk.firstOfRow, sizeOfRow()));
    if (isInside)
      valid = arith::SelectOp::create(b, isInside, constantIndex(b, NarrowTile::chunk), constantIndex(b, 0));
    Value to = plus(b, place.index, tile.place(b, chunk.row, chunk.inRow));
    copyAsync(b, {matrix.flat, safe(b, isInside, chunk.index, start)}, {place.flat, to}, NarrowTile::chunk, valid);
  }
  return loaded;
}

void NarrowTiles::finish(ImplicitLocOpBuilder &b, Value thread, ValueRange loaded, Place place) const {
  if (!isAsynchronous())
    thread = hidden(b, thread);
  for (auto [i, value] : llvm::enumerate(loaded)) {
    Value row = plus(b, thread, int64_t(i) * threads);
    Value inRow = takeIndex(b, row, tile.chunksOfRow());
    Value narrow = value;
    if (!isNarrow())
      narrow = arith::TruncFOp::create(b, VectorType::get(NarrowTile::chunk, b.getBF16Type()), value);
    storeLanes(b, narrow, place.flat, plus(b, place.index, tile.place(b, row, inRow)));
  }
}
