//===- OperandTiles.cpp - Copies of blocks of an operand to shared memory -------------===//
#include "passes/CUDA/OperandTiles.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "passes/Build/Loops.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

int64_t OperandTiles::lanesOfCopy() const {
  bool isContiguous = tile.hasContiguousTerms ? matrix.strideOfTerm == 1 : matrix.strideOfLine == 1;
  bool isWhole = !isNarrow() || (tile.hasContiguousTerms ? matrix.terms : matrix.lines) % SharedTile::chunk == 0;
  return isContiguous && isWhole && matrix.alignment % SharedTile::chunk == 0 ? SharedTile::chunk : 1;
}

/// Whether an index is below the end; null where every multiple of `block` from 0 on, and what is behind it, is.
static Value below(ImplicitLocOpBuilder &b, Value index, int64_t end, int64_t block) {
  if (end % block == 0)
    return {};
  return arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index, constantIndex(b, end));
}

Value OperandTiles::validLanes(ImplicitLocOpBuilder &b, Value first, int64_t end, Value isInside) const {
  int64_t block = tile.hasContiguousTerms ? tile.terms : tile.lines;
  Value zero = constantIndex(b, 0), all = constantIndex(b, lanes);
  Value valid;
  if (Value isBefore = below(b, first, end, block)) {
    Value left = arith::SubIOp::create(b, constantIndex(b, end), first);
    Value some = lanes == 1 || end % lanes == 0 ? all : arith::MinUIOp::create(b, left, all).getResult();
    valid = arith::SelectOp::create(b, isBefore, some, zero);
  }
  if (!isInside)
    return valid;
  return arith::SelectOp::create(b, isInside, valid ? valid : all, zero);
}

/// A number that is known but for a part that is the same for all copies of a thread: these share their addresses.
struct OperandTiles::Number {
  Value ofThread;
  int64_t known;

  Value value(ImplicitLocOpBuilder &b) const { return plus(b, ofThread, known); }
};

auto OperandTiles::divide(ImplicitLocOpBuilder &b, Number number, int64_t most, int64_t divisor)
    -> std::pair<Number, Number> {
  auto by = [&](Value value) -> std::pair<Value, Value> {
    Value remainder = takeIndex(b, value, divisor);
    return {value, remainder};
  };
  if (number.known % divisor == 0) {
    auto [quotient, remainder] = by(number.ofThread);
    return {{quotient, number.known / divisor}, {remainder, 0}};
  }
  if (most <= divisor && divisor % most == 0 && number.known % most == 0)
    return {{constantIndex(b, 0), number.known / divisor}, {number.ofThread, number.known % divisor}};
  auto [quotient, remainder] = by(number.value(b));
  return {{quotient, 0}, {remainder, 0}};
}

void OperandTiles::copy(ImplicitLocOpBuilder &b, Value thread, Value start, Value firstLine, Value firstTerm,
                        Place place) const {
  int64_t copies = tile.elements() / lanes;
  auto copyIfThere = [&](Number number) {
    auto emit = [&] { copyOne(b, number, start, firstLine, firstTerm, place); };
    if (copies % threads == 0)
      return emit();
    emitIf(b, arith::CmpIOp::create(b, arith::CmpIPredicate::ult, number.value(b), constantIndex(b, copies)), emit);
  };
  // Otherwise LLVM would compute all addresses before the loop around, and take registers from sums.
  if (llvm::divideCeil(copies, threads) > mostKept)
    thread = hidden(b, thread);
  for (int64_t done = 0; done < copies; done += threads)
    copyIfThere({thread, done});
}

void OperandTiles::copyOne(ImplicitLocOpBuilder &b, Number number, Value start, Value firstLine, Value firstTerm,
                           Place place) const {
  int64_t perRow = (tile.hasContiguousTerms ? tile.terms : tile.lines) / lanes;
  auto [row, inRow] = divide(b, number, threads, perRow);
  Value inRowValue = times(b, inRow.value(b), lanes), line, term, to, valid;
  if (tile.hasContiguousTerms) {
    // Rows in shared memory are lines in their order there.
    int64_t quads = tile.lines / SharedTile::chunk;
    auto [part, quad] = divide(b, row, std::max<int64_t>(threads / perRow, 1), quads);
    Value chunkOfTerms = b.createOrFold<arith::DivUIOp>(inRowValue, constantIndex(b, SharedTile::chunk));
    to = plus(b, tile.placeOfTerms(b, quad.value(b), 0, chunkOfTerms),
              plus(b, times(b, part.ofThread, quads * tile.terms), part.known * quads * tile.terms));
    if (lanes == 1)
      to = plus(b, to, b.createOrFold<arith::RemUIOp>(inRowValue, constantIndex(b, SharedTile::chunk)));
    Value ofThread = plus(b, times(b, quad.ofThread, SharedTile::chunk), part.ofThread);
    line = plus(b, plus(b, firstLine, ofThread), quad.known * SharedTile::chunk + part.known);
    term = plus(b, firstTerm, inRowValue);
    valid = validLanes(b, term, matrix.terms, below(b, line, matrix.lines, tile.lines));
  } else {
    to = plus(b, times(b, row.value(b), tile.lines), inRowValue);
    line = plus(b, firstLine, inRowValue);
    term = plus(b, plus(b, firstTerm, row.ofThread), row.known);
    valid = validLanes(b, line, matrix.lines, below(b, term, matrix.terms, tile.terms));
  }
  Value from = plus(b, start, plus(b, times(b, line, matrix.strideOfLine), times(b, term, matrix.strideOfTerm)));
  if (valid) // What is not read has an address all the same.
    from = arith::SelectOp::create(b, arith::CmpIOp::create(b, arith::CmpIPredicate::ne, valid, constantIndex(b, 0)),
                                   from, start);
  Place source{matrix.flat, from}, target{place.flat, plus(b, place.index, to)};
  if (isNarrow())
    widen(b, source, target, valid);
  else
    copyAsync(b, source, target, lanes, valid);
}

void OperandTiles::widen(ImplicitLocOpBuilder &b, Place from, Place to, Value valid) const {
  Value narrow = loadLanes(b, from.flat, from.index, lanes);
  Type type = b.getF32Type();
  if (lanes > 1)
    type = VectorType::get(lanes, type);
  Value wide = arith::ExtFOp::create(b, type, narrow);
  if (valid) {
    Value isThere = arith::CmpIOp::create(b, arith::CmpIPredicate::ne, valid, constantIndex(b, 0));
    wide = arith::SelectOp::create(b, isThere, wide, arith::ConstantOp::create(b, b.getZeroAttr(type)));
  }
  storeLanes(b, wide, to.flat, to.index);
}
