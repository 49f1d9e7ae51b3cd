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

/// Rows after which the exchange of chunks begins anew.
static int64_t periodOf(int64_t chunks) {
  return std::max<int64_t>(chunksOfBanks / chunks, 1) * std::min(chunks, chunksOfBanks);
}

Value NarrowTile::place(ImplicitLocOpBuilder &b, Value row, Value chunkOfRow, int64_t moreRows) const {
  int64_t chunks = chunksOfRow(), rowsOfBanks = std::max<int64_t>(chunksOfBanks / chunks, 1);
  int64_t known = moreRows / periodOf(chunks) * periodOf(chunks);
  row = plus(b, row, moreRows - known);
  Value inBanks = b.createOrFold<arith::DivUIOp>(row, constantIndex(b, rowsOfBanks));
  Value swizzle = b.createOrFold<arith::RemUIOp>(inBanks, constantIndex(b, std::min(chunks, chunksOfBanks)));
  Value inRow = times(b, b.createOrFold<arith::XOrIOp>(chunkOfRow, swizzle), chunk);
  return plus(b, plus(b, times(b, row, elementsOfRow()), inRow), known * elementsOfRow());
}

bool NarrowTiles::isNarrow() const { return cast<MemRefType>(matrix.flat.getType()).getElementType().isBF16(); }

bool NarrowTiles::isAsynchronous() const {
  return isNarrow() && isContiguous() && matrix.alignment % NarrowTile::chunk == 0;
}

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

NarrowTiles::Chunk NarrowTiles::chunkOf(ImplicitLocOpBuilder &b, Value thread, int64_t copy) const {
  // What is known of the row adds a constant to addresses, which accesses have without an instruction.
  int64_t chunks = tile.chunksOfRow();
  Chunk result;
  bool isKnown = threads % chunks == 0;
  result.row = isKnown ? thread : plus(b, thread, copy * threads);
  result.inRow = takeIndex(b, result.row, chunks);
  result.moreRows = isKnown ? copy * threads / chunks : 0;
  return result;
}

NarrowTiles::Source NarrowTiles::sourceOf(ImplicitLocOpBuilder &b, const Chunk &chunk, Value start, Value firstLine,
                                          Value firstTerm) const {
  Source result;
  Value first = times(b, chunk.inRow, NarrowTile::chunk);
  Value line = plus(b, firstLine, tile.hasContiguousTerms ? chunk.row : first);
  Value term = plus(b, firstTerm, tile.hasContiguousTerms ? first : chunk.row);
  result.firstOfRow = tile.hasContiguousTerms ? term : line;
  if (tile.hasContiguousTerms && matrix.lines % tile.lines != 0)
    result.rowIsInside = below(b, plus(b, line, chunk.moreRows), matrix.lines);
  if (!tile.hasContiguousTerms && matrix.terms % tile.terms != 0)
    result.rowIsInside = below(b, plus(b, term, chunk.moreRows), matrix.terms);
  int64_t strideOfRow = tile.hasContiguousTerms ? matrix.strideOfLine : matrix.strideOfTerm;
  result.index = plus(b, start, plus(b, times(b, line, matrix.strideOfLine), times(b, term, matrix.strideOfTerm)));
  result.index = plus(b, result.index, chunk.moreRows * strideOfRow);
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

Value NarrowTiles::loadElements(ImplicitLocOpBuilder &b, const Source &source, Value start) const {
  SmallVector<Value> elements;
  int64_t stride = tile.hasContiguousTerms ? matrix.strideOfTerm : matrix.strideOfLine;
  for (int64_t i = 0; i < NarrowTile::chunk; ++i) {
    Value isInside = both(b, source.rowIsInside, below(b, plus(b, source.firstOfRow, i), sizeOfRow()));
    Value index = safe(b, isInside, plus(b, source.index, i * stride), start);
    elements.push_back(orZero(b, isInside, loadLanes(b, matrix.flat, index, 1)));
  }
  return vector::FromElementsOp::create(b, VectorType::get(NarrowTile::chunk, elements.front().getType()), elements);
}

Value NarrowTiles::load(ImplicitLocOpBuilder &b, const Source &source, Value start) const {
  if (!isWhole())
    return loadElements(b, source, start);
  Value isInside = wholeIsInside(b, source);
  Value index = safe(b, isInside, source.index, start);
  constexpr int64_t half = NarrowTile::chunk / 2;
  Value low = loadLanes(b, matrix.flat, index, half), high = loadLanes(b, matrix.flat, plus(b, index, half), half);
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, NarrowTile::chunk));
  return orZero(b, isInside, vector::ShuffleOp::create(b, low, high, order));
}

Value NarrowTiles::wholeIsInside(ImplicitLocOpBuilder &b, const Source &source) const {
  if (sizeOfRow() % tile.elementsOfRow() == 0)
    return source.rowIsInside;
  return both(b, source.rowIsInside, below(b, source.firstOfRow, sizeOfRow()));
}

/// Elements of a chunk that begins inside its row.
Value NarrowTiles::validOf(ImplicitLocOpBuilder &b, const Source &source) const {
  Value all = constantIndex(b, NarrowTile::chunk);
  if (sizeOfRow() % NarrowTile::chunk == 0)
    return all;
  return arith::MinUIOp::create(b, arith::SubIOp::create(b, constantIndex(b, sizeOfRow()), source.firstOfRow), all);
}

SmallVector<Value> NarrowTiles::begin(ImplicitLocOpBuilder &b, Value thread, Value start, Value firstLine,
                                      Value firstTerm, Place place) const {
  SmallVector<Value> loaded;
  // What is loaded early takes registers itself.
  if (!isAsynchronous())
    thread = hidden(b, thread);
  for (int64_t copy = 0; copy < copies(); ++copy) {
    Chunk chunk = chunkOf(b, thread, copy);
    Source source = sourceOf(b, chunk, start, firstLine, firstTerm);
    if (!isAsynchronous()) {
      loaded.push_back(load(b, source, start));
      continue;
    }
    Value isInside = wholeIsInside(b, source), valid;
    if (isInside)
      valid = arith::SelectOp::create(b, isInside, validOf(b, source), constantIndex(b, 0));
    Value to = plus(b, place.index, tile.place(b, chunk.row, chunk.inRow, chunk.moreRows));
    copyAsync(b, {matrix.flat, safe(b, isInside, source.index, start)}, {place.flat, to}, NarrowTile::chunk, valid);
  }
  return loaded;
}

void NarrowTiles::finish(ImplicitLocOpBuilder &b, Value thread, ValueRange loaded, Place place) const {
  if (!isAsynchronous())
    thread = hidden(b, thread);
  for (auto [copy, value] : llvm::enumerate(loaded)) {
    Chunk chunk = chunkOf(b, thread, copy);
    Value narrow = value;
    if (!isNarrow())
      narrow = arith::TruncFOp::create(b, VectorType::get(NarrowTile::chunk, b.getBF16Type()), value);
    Value to = plus(b, place.index, tile.place(b, chunk.row, chunk.inRow, chunk.moreRows));
    storeLanes(b, narrow, place.flat, to);
  }
}
