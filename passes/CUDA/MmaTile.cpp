//===- MmaTile.cpp - A block of an operand of tensor cores in shared memory -----------===//
#include "passes/CUDA/MmaTile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Build/Loops.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

// Chunks that all banks hold together.
static constexpr int64_t chunksOfBanks = 8;
// That are read together where ldmatrix does not.
static constexpr int64_t rowsOfVectors = 4;

int64_t MmaTile::rowsOfBanks() const { return std::max<int64_t>(chunksOfBanks / chunksOfRow(), 1); }

int64_t MmaTile::period() const {
  return isForLdmatrix() ? rowsOfBanks() * std::min(chunksOfRow(), chunksOfBanks) : rowsOfVectors;
}

Value MmaTile::place(ImplicitLocOpBuilder &b, Value row, Value chunkOfRow, int64_t moreRows, int64_t moreChunks) const {
  int64_t known = moreRows / period() * period(), ofBanks = isForLdmatrix() ? rowsOfBanks() : 1;
  row = plus(b, row, moreRows - known);
  Value inPeriod = b.createOrFold<arith::RemUIOp>(b.createOrFold<arith::DivUIOp>(row, constantIndex(b, ofBanks)),
                                                  constantIndex(b, period() / ofBanks));
  Value swizzle = times(b, inPeriod, isForLdmatrix() ? 1 : chunksOfBanks / rowsOfVectors);
  Value inRow = times(b, b.createOrFold<arith::XOrIOp>(chunkOfRow, swizzle), chunk());
  return plus(b, plus(b, times(b, row, elementsOfRow()), inRow), known * elementsOfRow() + moreChunks * chunk());
}

Type MmaTiles::typeInMemory() const { return cast<MemRefType>(matrix.flat.getType()).getElementType(); }

bool MmaTiles::isAsynchronous() const { return !isRounded() && isContiguous() && matrix.alignment % tile.chunk() == 0; }

bool MmaTiles::isWhole() const {
  int64_t elementsOfAccess = bytesOfAccess * 8 / typeInMemory().getIntOrFloatBitWidth();
  return isContiguous() && sizeOfRow() % tile.chunk() == 0 && matrix.alignment % elementsOfAccess == 0;
}

static Value below(ImplicitLocOpBuilder &b, Value index, int64_t end) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index, constantIndex(b, end));
}

static Value both(ImplicitLocOpBuilder &b, Value x, Value y) {
  return x && y ? arith::AndIOp::create(b, x, y).getResult() : x ? x : y;
}

MmaTiles::Chunk MmaTiles::chunkOf(ImplicitLocOpBuilder &b, Value thread, int64_t copy) const {
  // What is known of the row adds a constant to addresses, which accesses have without an instruction.
  int64_t chunks = tile.chunksOfRow();
  Chunk result;
  bool isKnown = threads % chunks == 0;
  result.row = isKnown ? thread : plus(b, thread, copy * threads);
  result.inRow = takeIndex(b, result.row, chunks);
  result.moreRows = isKnown ? copy * threads / chunks : 0;
  return result;
}

MmaTiles::Source MmaTiles::sourceOf(ImplicitLocOpBuilder &b, const Chunk &chunk, Value start, Value firstLine,
                                    Value firstTerm) const {
  Source result;
  Value first = times(b, chunk.inRow, tile.chunk());
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

Value MmaTiles::loadElements(ImplicitLocOpBuilder &b, const Source &source, Value start) const {
  SmallVector<Value> elements;
  int64_t stride = tile.hasContiguousTerms ? matrix.strideOfTerm : matrix.strideOfLine;
  for (int64_t i = 0; i < tile.chunk(); ++i) {
    Value isInside = both(b, source.rowIsInside, below(b, plus(b, source.firstOfRow, i), sizeOfRow()));
    Value index = safe(b, isInside, plus(b, source.index, i * stride), start);
    elements.push_back(orZero(b, isInside, loadLanes(b, matrix.flat, index, 1)));
  }
  return vector::FromElementsOp::create(b, VectorType::get(tile.chunk(), elements.front().getType()), elements);
}

Value MmaTiles::load(ImplicitLocOpBuilder &b, const Source &source, Value start) const {
  if (!isWhole())
    return loadElements(b, source, start);
  Value isInside = wholeIsInside(b, source);
  Value index = safe(b, isInside, source.index, start);
  int64_t half = tile.chunk() / 2;
  Value low = loadLanes(b, matrix.flat, index, half), high = loadLanes(b, matrix.flat, plus(b, index, half), half);
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, tile.chunk()));
  return orZero(b, isInside, vector::ShuffleOp::create(b, low, high, order));
}

Value MmaTiles::wholeIsInside(ImplicitLocOpBuilder &b, const Source &source) const {
  if (sizeOfRow() % tile.elementsOfRow() == 0)
    return source.rowIsInside;
  return both(b, source.rowIsInside, below(b, source.firstOfRow, sizeOfRow()));
}

/// Elements of a chunk that begins inside its row.
Value MmaTiles::validOf(ImplicitLocOpBuilder &b, const Source &source) const {
  Value all = constantIndex(b, tile.chunk());
  if (sizeOfRow() % tile.chunk() == 0)
    return all;
  return arith::MinUIOp::create(b, arith::SubIOp::create(b, constantIndex(b, sizeOfRow()), source.firstOfRow), all);
}

SmallVector<Value> MmaTiles::begin(ImplicitLocOpBuilder &b, Value thread, Value start, Value firstLine, Value firstTerm,
                                   Place place) const {
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
    copyAsync(b, {matrix.flat, safe(b, isInside, source.index, start)}, {place.flat, to}, tile.chunk(), valid);
  }
  return loaded;
}

void MmaTiles::finish(ImplicitLocOpBuilder &b, Value thread, ValueRange loaded, Place place) const {
  if (!isAsynchronous())
    thread = hidden(b, thread);
  for (auto [copy, value] : llvm::enumerate(loaded)) {
    Chunk chunk = chunkOf(b, thread, copy);
    Value narrow = value;
    if (isRounded())
      narrow = arith::TruncFOp::create(b, VectorType::get(tile.chunk(), element), value);
    Value to = plus(b, place.index, tile.place(b, chunk.row, chunk.inRow, chunk.moreRows));
    storeLanes(b, narrow, place.flat, to);
  }
}
