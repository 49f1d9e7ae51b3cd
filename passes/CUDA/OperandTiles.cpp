//===- OperandTiles.cpp - Copies of blocks of an operand to shared memory -------------===//
#include "passes/CUDA/OperandTiles.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "passes/Build/Loops.h"

using namespace mlir;
using namespace sluice;
using namespace sluice::cuda;

int64_t OperandTiles::lanesOfCopy() const {
  bool isContiguous = tile.hasContiguousTerms ? matrix.strideOfTerm == 1 : matrix.strideOfLine == 1;
  return isContiguous && matrix.alignment % SharedTile::chunk == 0 ? SharedTile::chunk : 1;
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

void OperandTiles::copy(ImplicitLocOpBuilder &b, Value thread, Value start, Value firstLine, Value firstTerm,
                        Place place) const {
  int64_t perRow = (tile.hasContiguousTerms ? tile.terms : tile.lines) / lanes;
  int64_t copies = tile.elements() / lanes;
  for (int64_t done = 0; done < copies; done += threads) {
    Value number = plus(b, thread, done);
    Value row = number, inRow = takeIndex(b, row, perRow);
    Value line, term, to, valid;
    if (tile.hasContiguousTerms) {
      // Rows in shared memory are lines in their order there.
      Value quad = row, part = quad;
      int64_t quads = tile.lines / SharedTile::chunk;
      quad = takeIndex(b, part, quads);
      term = times(b, inRow, lanes);
      Value chunkOfTerms = b.createOrFold<arith::DivUIOp>(term, constantIndex(b, SharedTile::chunk));
      to = plus(b, tile.placeOfTerms(b, quad, 0, chunkOfTerms), times(b, part, quads * tile.terms));
      if (lanes == 1)
        to = plus(b, to, b.createOrFold<arith::RemUIOp>(term, constantIndex(b, SharedTile::chunk)));
      line = plus(b, firstLine, plus(b, times(b, quad, SharedTile::chunk), part));
      term = plus(b, firstTerm, term);
      valid = validLanes(b, term, matrix.terms, below(b, line, matrix.lines, tile.lines));
    } else {
      line = times(b, inRow, lanes);
      to = plus(b, times(b, row, tile.lines), line);
      line = plus(b, firstLine, line);
      term = plus(b, firstTerm, row);
      valid = validLanes(b, line, matrix.lines, below(b, term, matrix.terms, tile.terms));
    }
    Value from = plus(b, start, plus(b, times(b, line, matrix.strideOfLine), times(b, term, matrix.strideOfTerm)));
    if (valid) // What is not read has an address all the same.
      from = arith::SelectOp::create(b, arith::CmpIOp::create(b, arith::CmpIPredicate::ne, valid, constantIndex(b, 0)),
                                     from, start);
    auto emit = [&] { copyAsync(b, {matrix.flat, from}, {place.flat, plus(b, place.index, to)}, lanes, valid); };
    if (done + threads <= copies) {
      emit();
      continue;
    }
    emitIf(b, arith::CmpIOp::create(b, arith::CmpIPredicate::ult, number, constantIndex(b, copies)), emit);
  }
}
