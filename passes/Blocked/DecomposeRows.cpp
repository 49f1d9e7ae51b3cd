//===- DecomposeRows.cpp - Rows of a table by index --------------------------------===//
#include "passes/Blocked/DecomposeRows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "passes/Blocked/Blocks.h"
#include "passes/Build/Formula.h"

using namespace mlir;
using namespace sluice;

static Value loadIndex(BlockBuilder &b, Value indices, Value position) {
  return arith::IndexCastOp::create(b, b.getIndexType(), memref::LoadOp::create(b, indices, position));
}

void sluice::decomposeGatherRows(GatherRowsOp op) {
  BlockBuilder b(op.getLoc(), op);
  Value indices = b.collapse(op.getInputs()[0], /*all=*/true), table = op.getInputs()[1];
  Value rows = b.collapse(op.getOutputs()[0]);
  int64_t count = memrefTypeOf(rows).getDimSize(0), width = memrefTypeOf(rows).getDimSize(1);
  Part all{b.getIndexAttr(0), width};
  b.parallelBlocks(count, op.getBlock()->front(), [&](Part part) {
    b.forEach(part, [&](Value row) {
      Value from = b.subview(table, {{loadIndex(b, indices, row), 1}, all}, {0});
      b.elementwise(from, b.subview(rows, {{row, 1}, all}, {0}), copyOf);
    });
  });
}

/// For each position the first one with the same index, which is below `bound`.
static Value findFirstEqual(BlockBuilder &b, Value indices, int64_t count, int64_t bound) {
  Type word = b.getI32Type();
  Value seen = b.temporary({bound}, word), firsts = b.temporary({count}, word);
  b.fill(seen, -1);
  b.repeat(count, [&](Value position) {
    Value index = loadIndex(b, indices, position), known = memref::LoadOp::create(b, seen, index);
    Value isKnown = arith::CmpIOp::create(b, arith::CmpIPredicate::sge, known, b.number(word, 0));
    Value own = arith::IndexCastOp::create(b, word, position);
    Value first = arith::SelectOp::create(b, isKnown, known, own);
    memref::StoreOp::create(b, first, seen, index);
    memref::StoreOp::create(b, first, firsts, position);
  });
  return firsts;
}

void sluice::decomposeScatterRows(ScatterRowsOp op) {
  BlockBuilder b(op.getLoc(), op);
  Value rows = b.collapse(op.getInputs()[0]), indices = b.collapse(op.getInputs()[1], /*all=*/true);
  Value table = op.getOutputs()[0];
  int64_t count = memrefTypeOf(rows).getDimSize(0), width = memrefTypeOf(rows).getDimSize(1);
  Value firsts = findFirstEqual(b, indices, count, memrefTypeOf(table).getDimSize(0));
  // Parallel over columns: within one, rows are added in the order of the indices whatever the threads.
  b.parallelBlocks(width, op.getBlock()->front(), [&](Part part) {
    Value sums = b.temporary({count, part.size}, memrefTypeOf(rows).getElementType());
    Part columns{b.getIndexAttr(0), part.size};
    auto addRows = [&](Value from, Part fromColumns, Value to, Part toColumns, Value toRows) {
      b.repeat(count, [&](Value position) {
        Value sum = b.subview(to, {{loadIndex(b, toRows, position), 1}, toColumns}, {0});
        b.elementwise(b.subview(from, {{position, 1}, fromColumns}, {0}), sum, addTo);
      });
    };
    b.fill(sums, 0);
    addRows(rows, part, sums, columns, firsts);
    // The others of an index than its first are zeros by now.
    addRows(sums, columns, table, part, indices);
  });
}
